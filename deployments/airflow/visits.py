"""Visits to the web interface of an Airflow: who may enter, with a ticket for one use, and for how long that holds.

Ticket and cookie are random; the database has their digests. A visit is no longer than the sign-in at the console that
it comes from.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from cloudui.web.principal import Principal
from deployments import events
from deployments.access import deployment_to_view
from deployments.models import AirflowVisit, Deployment
from workspaces.models import User

TICKET_SECONDS: Final = 30
# Of one person at one Airflow, such as in several browsers.
MOST_VISITS: Final = 20
OPERATION: Final = "openAirflow"


@sensitive_variables("ticket")
def make_ticket(principal: Principal, deployment: Deployment, session_key: str) -> str:
    """A ticket for the web interface of a Deployment that came from `deployments.access`, good for one use soon.

    Args:
        principal: the person.
        deployment: whose Airflow it is.
        session_key: of the sign-in at the console, with which the visit ends.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
    """
    ticket = secrets.token_urlsafe(32)
    with transaction.atomic():
        deployment = deployment_to_view(principal, deployment.workspace_id, deployment.pk, locked=True)
        person = User.objects.get(pk=principal.id)
        own = AirflowVisit.objects.filter(user=person, deployment=deployment)
        oldest = own.order_by("-created_at").values_list("pk", flat=True)[MOST_VISITS - 1 :]
        AirflowVisit.objects.filter(pk__in=list(oldest)).delete()
        AirflowVisit.objects.create(
            digest=_digest(ticket),
            user=person,
            deployment=deployment,
            session_key=session_key,
            security_stamp=person.security_stamp,
            ends_at=timezone.now() + timedelta(seconds=TICKET_SECONDS),
        )
        events.record(principal, OPERATION, deployment, {})
    return ticket


@sensitive_variables("ticket", "cookie")
def enter(release_name: str, ticket: str) -> tuple[str, int] | None:
    """Exchange a ticket, which ends it, for a cookie and the seconds that it lives; None for one that is not good."""
    with transaction.atomic():
        found = _live(release_name, ticket, is_ticket=True)
        session = _session_of(found) if found else None
        if found is None or session is None:
            return None
        if not AirflowVisit.objects.filter(pk=found.pk).delete()[0]:
            # Somebody else used it in this very moment.
            return None
        cookie = secrets.token_urlsafe(32)
        AirflowVisit.objects.create(
            digest=_digest(cookie),
            is_ticket=False,
            user=found.user,
            deployment=found.deployment,
            session_key=found.session_key,
            security_stamp=found.security_stamp,
            ends_at=session.expire_date,
        )
    return cookie, max(1, int((session.expire_date - timezone.now()).total_seconds()))


@sensitive_variables("cookie")
def visitor(release_name: str, cookie: str) -> User | None:
    """The person who has this cookie and is still signed in at the console; None if there is nobody."""
    found = _live(release_name, cookie, is_ticket=False)
    return found.user if found is not None and _session_of(found) is not None else None


@sensitive_variables("cookie")
def leave(cookie: str) -> None:
    """End a visit."""
    AirflowVisit.objects.filter(digest=_digest(cookie), is_ticket=False).delete()


def delete_expired() -> int:
    """Delete what has ended; returns how many."""
    deleted, _ = AirflowVisit.objects.filter(ends_at__lte=timezone.now()).delete()
    return deleted


def _live(release_name: str, secret: str, *, is_ticket: bool) -> AirflowVisit | None:
    rows = AirflowVisit.objects.select_related("user", "deployment").filter(
        digest=_digest(secret),
        is_ticket=is_ticket,
        deployment__release_name=release_name,
        ends_at__gt=timezone.now(),
        user__is_active=True,
    )
    found = rows.first()
    return found if found is not None and found.security_stamp == found.user.security_stamp else None


def _session_of(visit: AirflowVisit) -> Session | None:
    return Session.objects.filter(session_key=visit.session_key, expire_date__gt=timezone.now()).first()


def _digest(secret: str) -> str:
    """Each has 256 random bits, so a fast hash keeps it as well as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()
