"""`/metrics`: what Prometheus reads. From this machine, or with METRICS_TOKEN.

It must answer while other things do not: what the database says of sessions and mails is remembered for some seconds
and waited for no longer than one.
"""

import threading
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cloudui.web import client, errors, metrics, slots
from cloudui.web.models import OutgoingMail

KEPT_SECONDS: Final = 15
PATIENCE_SECONDS: Final = 1


def show(request: HttpRequest) -> HttpResponse:
    """All figures; 404 for who may not see them."""
    if not _may_see(request):
        return errors.not_found(request)
    now = CollectorRegistry()
    now.register(_Now())
    body = generate_latest(metrics.registry()) + generate_latest(now)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _may_see(request: HttpRequest) -> bool:
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    return client.is_this_machine(request)


class _Now(Collector):
    """What is not counted but looked up."""

    def collect(self) -> Iterator[Metric]:
        """What the installation is like at this moment."""
        yield GaugeMetricFamily("cloudui_argon2_slots", "Slots of this machine", value=slots.slot_count())
        age = GaugeMetricFamily(
            "cloudui_housekeeping_age_seconds", "Seconds since a task last succeeded", labels=["task"]
        )
        failures = CounterMetricFamily("cloudui_housekeeping_failures", "Failures of a task", labels=["task"])
        mails = CounterMetricFamily(
            "cloudui_housekeeping_mails", "Attempts of housekeeping to send a mail", labels=["result"]
        )
        for task, of_task in metrics.read_rounds(settings.DATA_DIR / "metrics").items():
            if of_task["succeeded_at"] is not None:
                age.add_metric([task], time.time() - of_task["succeeded_at"])
            failures.add_metric([task], of_task["failures"])
            for result, number in of_task.get("counts", {}).items():
                mails.add_metric([result], number)
        yield age
        yield failures
        yield mails
        is_degraded = getattr(caches["default"], "is_degraded", False)
        yield GaugeMetricFamily(
            "cloudui_cache_up", "Whether all processes count together", value=int(not is_degraded)
        )
        stored = _stored.get()
        yield GaugeMetricFamily(
            "cloudui_database_up", "Whether the database answers", value=int(stored is not None)
        )
        if stored is not None:
            sessions, waiting = stored
            yield GaugeMetricFamily("cloudui_sessions", "Sessions that have not ended", value=sessions)
            yield GaugeMetricFamily("cloudui_mails_waiting", "Mails in the outbox", value=waiting)


class _Stored:
    """How many sessions and waiting mails there are, asked of the database at most once in some seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget the numbers."""
        self._numbers: tuple[int, int] | None = None
        self._asked_at = float("-inf")

    def get(self) -> tuple[int, int] | None:
        """The numbers, None if the database does not say them soon."""
        with self._lock:
            if time.monotonic() - self._asked_at >= KEPT_SECONDS:
                self._asked_at = time.monotonic()
                self._numbers = None
                thread = threading.Thread(target=self._ask, name="scrape", daemon=True)
                thread.start()
                thread.join(PATIENCE_SECONDS)
            return self._numbers

    def _ask(self) -> None:
        try:
            store = import_module(settings.SESSION_ENGINE).SessionStore
            rows = store.get_model_class().objects.filter(expire_date__gt=timezone.now())
            self._numbers = rows.count(), OutgoingMail.objects.count()
        except Exception:  # noqa: BLE001 - whatever it is, the database does not say them
            metrics.count_failure("database")
        finally:
            connections.close_all()


_stored: Final = _Stored()
