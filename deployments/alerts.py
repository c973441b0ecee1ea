"""Mails to a Deployment's alert e-mails: of each kind at most one in ten minutes, whichever process has the news.

They go through the outbox (cloudui.web.outbox), in the transaction of whatever they tell of if there is one.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from deployments.models import Alert, AlertKind, Deploy, Deployment

PAUSE: Final = timedelta(minutes=10)
FACT_LENGTH: Final = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a mail says besides its facts, and the page that it leads to unless the caller names one."""

    happened: str
    advice: str
    page: str


_WORDS: Final = {
    AlertKind.RUN_FAILED: _Words(
        "A DAG run failed.",
        "Look at the log of the task that failed, mend the cause, and run it again. The list of DAGs has the last runs of each:",
        "deployments:dags",
    ),
    AlertKind.DEPLOY_FAILED: _Words(
        "A deploy failed. Airflow goes on with the DAGs that it had.",
        "Mend what the reason says and deploy again. The list of deploys has all that failed:",
        "deployments:deploys",
    ),
    AlertKind.UNHEALTHY: _Words(
        "The Airflow of this Deployment does not work as it should. It may run no DAGs until that is mended.",
        "The page of the Deployment says what is wrong now:",
        "deployments:open",
    ),
    AlertKind.KEY_REFUSED: _Words(
        "An API key is refused again and again. Somebody or something still uses it, and gets no further.",
        "Find who uses it, then give them a working secret or take the key away there. Enable the key only if it "
        "was disabled by mistake. The page of the key says when and from where it was refused:",
        "apikeys:index",
    ),
}


def send(deployment: Deployment, kind: AlertKind, facts: Mapping[str, str], *, path: str = "") -> bool:
    """Mail to the alert e-mails of a Deployment what happened, unless one of this kind was sent in the last ten minutes.

    The functions below name the facts of each kind.

    Args:
        deployment: whose row is locked; what it was when the caller read it does not matter.
        kind: what happened.
        facts: what the mail says of it, by label; empty ones are left out. They leave the installation: no secret,
            and no line of a log, which may hold one.
        path: the page that the mail leads to, where it is not that of the kind.

    Returns:
        Whether it was sent: not without alert e-mails, nor once the Deployment is gone.
    """
    with transaction.atomic():
        locked = Deployment.objects.locked().select_related("workspace").filter(pk=deployment.pk).first()
        if locked is None or not locked.alert_emails or not _is_due(locked, kind):
            return False
        place = {"workspace": locked.workspace_id, "deployment": locked.pk}
        context = {
            "words": _WORDS[kind],
            "facts": {label: _one_line(value) for label, value in facts.items() if value.strip()},
            "deployment": locked,
            "url": urljoin(settings.PUBLIC_URL, path or reverse(_WORDS[kind].page, kwargs=place)),
            "emails_url": urljoin(settings.PUBLIC_URL, reverse("deployments:details", kwargs=place)),
        }
        subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{kind.label}: {locked.name}"
        body = render_to_string("deployments/alert.txt", context)
        # One each: nobody learns the others' addresses, and one that is refused holds no other back.
        messages = [EmailMessage(subject, body, to=[email]) for email in locked.alert_emails]
        get_connection().send_messages([message for message in messages if _can_be_sent(message)])
    return True


def send_run_failed(
    deployment: Deployment, *, dag: str, run: str, tasks: Sequence[str] = (), others: int = 0
) -> bool:
    """Tell that a DAG run failed, which of its tasks did, and how many other runs did meanwhile; returns as `send`."""
    facts = {
        "DAG": dag,
        "Run": run,
        "Failed tasks": ", ".join(tasks),
        "Others": f"{others} more failed in the minutes before." if others else "",
    }
    return send(deployment, AlertKind.RUN_FAILED, facts)


def send_unhealthy(deployment: Deployment, *, reason: str) -> bool:
    """Tell that a Deployment became unhealthy and why, without lines of logs; returns as `send`."""
    return send(deployment, AlertKind.UNHEALTHY, {"Reason": reason})


def send_deploy_failed(deployment: Deployment, deploy: Deploy) -> bool:
    """Tell that a deploy failed, inside the transaction that says so; returns as `send`."""
    facts = {
        "Reason": deploy.reason,
        "Deploy": deploy.pk,
        "Description": deploy.description,
        "Made by": deploy.made_by_name,
        "Commit": deploy.commit_sha,
    }
    return send(deployment, AlertKind.DEPLOY_FAILED, facts)


def last_sent(deployment: Deployment, kind: AlertKind) -> datetime | None:
    """When the last mail of this kind about a Deployment was sent."""
    return Alert.objects.filter(deployment=deployment, kind=kind).values_list("sent_at", flat=True).first()


# Private


def _is_due(locked: Deployment, kind: AlertKind) -> bool:
    now = timezone.now()
    alert, is_first = Alert.objects.get_or_create(deployment=locked, kind=kind, defaults={"sent_at": now})
    if is_first:
        return True
    if now - alert.sent_at < PAUSE:
        return False
    alert.sent_at = now
    alert.save(update_fields=["sent_at"])
    return True


def _can_be_sent(message: EmailMessage) -> bool:
    try:
        message.message()
    except ValueError:
        logger.warning("One of the alert e-mails cannot be written to.")
        return False
    return True


def _one_line(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(FACT_LENGTH)
