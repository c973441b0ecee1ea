"""Looking at the Airflows that operators connected, once a minute: all at once, none for longer than two seconds."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from deployments.airflow import facts, waiting
from deployments.airflow.calls import AirflowError, Conversation, Entry, Refused
from deployments.airflow.client import least_entry
from deployments.airflow.state import Component, Seen, record_seen
from deployments.airflow.waiting import silent, wait_for
from deployments.models import Airflow, Ground, Status
from workspaces.models import AuditEvent

# So many are asked at once: each may take the whole time.
AT_ONCE: Final = 64
BATCH: Final = 500

logger = logging.getLogger(__name__)


def check_connected() -> None:
    """Look at each and write down what was seen. One that cannot be read or written stops none of the others."""
    after = ""
    while True:
        rows = Airflow.objects.filter(ground=Ground.CONNECTED, pk__gt=after)
        some = list(rows.select_related("deployment").order_by("pk")[:BATCH])
        if not some:
            return
        check(some)
        after = some[-1].pk


def check(airflows: Sequence[Airflow]) -> None:
    """Look at these and write down what was seen."""
    for airflow, seen in zip(airflows, look_at(airflows), strict=True):
        record_seen(airflow, seen)


def look_at(airflows: Sequence[Airflow]) -> list[Seen]:
    """What is seen of each, in their order."""
    entries = [least_entry(airflow) for airflow in airflows]

    async def look() -> list[_Look]:
        turns = asyncio.Semaphore(AT_ONCE)
        return list(
            await asyncio.gather(*(_look_at(a, e, turns) for a, e in zip(airflows, entries, strict=True)))
        )

    rounds = -(-len(airflows) // AT_ONCE)
    looks = wait_for(look(), seconds=rounds * (waiting.PAGE_SECONDS + 1))
    return [look.seen(airflow) for look, airflow in zip(looks, airflows, strict=True)]


class _Look:
    """What one conversation brought."""

    def __init__(self, *, health: facts.Health | None = None, version: str = "", failure: str = "") -> None:
        self.health = health
        self.version = version
        self.failure = failure
        self.started_at: datetime | None = None

    def seen(self, airflow: Airflow) -> Seen:
        parts = self.health.parts if self.health else []
        reason = self.failure or (self.health.reason if self.health else "")
        return Seen(
            status=Status.UNHEALTHY if reason else Status.HEALTHY,
            reason=reason,
            components=[
                Component(name=part.name, state="running" if part.is_healthy else "failed") for part in parts
            ],
            version=self.version,
            started_at=self.started_at,
            variables_version=_variables_version(airflow, self.started_at),
        )


async def _look_at(airflow: Airflow, entry: Entry | None, turns: asyncio.Semaphore) -> _Look:
    async with turns:
        try:
            async with (
                asyncio.timeout(waiting.PAGE_SECONDS),
                Conversation(airflow.base_url, airflow.version, entry) as conversation,
            ):
                look = await _ask(conversation)
        except TimeoutError:
            silent.add(airflow.base_url)
            return _Look(failure="Airflow does not answer within 2 seconds.")
        except AirflowError as error:
            return _Look(failure=str(error))
        except (AttributeError, KeyError, TypeError, ValueError):
            return _Look(failure="What answers at its address is no Airflow that is known here.")
    silent.remove(airflow.base_url)
    return look


async def _ask(airflow: Conversation) -> _Look:
    version, answer = await airflow.gather(
        airflow.get("/version"), airflow.get("/monitor/health" if airflow.is_v2 else "/health")
    )
    look = _Look(health=facts.health_of(answer), version=str(version["version"])[:30])
    if airflow.is_v2 and airflow.has_entry:
        try:
            look.started_at = facts.started_of(await airflow.get("/jobs", facts.LIVE_SCHEDULERS))
        except Refused as refused:
            look.failure = str(refused)
    return look


def _variables_version(airflow: Airflow, started_at: datetime | None) -> int | None:
    """The version that the running processes have: that of now if no variable changed since they started."""
    now = airflow.deployment.variables_version
    known = airflow.variables_version
    if started_at is None or known == now:
        return known
    oldest_event = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    changed = AuditEvent.objects.of_deployment(airflow.pk).filter(
        operation="updateDeploymentVariables", at__gt=started_at
    )
    return known if started_at < oldest_event or changed.exists() else now
