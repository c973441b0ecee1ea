"""A secret was found where it does not belong: its key is disabled and the Admins of its Workspace are told.

Whoever presents the secret could as well use it, so no other proof is asked; and whoever presents anything else
learns nothing. The fingerprint finds the key; no argon2 is spent on what only takes away.
"""

import logging
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from apikeys import credential_state as standing
from apikeys import credentials, events, usage
from apikeys.credential_state import Standing
from apikeys.credentials import KeySecret
from apikeys.models import ApiKey, Reason
from cloudui.web import ratelimit
from cloudui.web.principal import Origin, system_principal
from workspaces.models import Membership, Role, User

# How often the same key is reported to people and to the audit log, however often its secret is presented.
REPORT_SECONDS: Final = 60 * 60

logger = logging.getLogger(__name__)


@sensitive_variables()
def report(secret: KeySecret, *, origin: Origin) -> None:
    """Disable the key of a live secret and tell its Admins once the change is certain.

    Args:
        secret: as it was presented, genuine or not. Space around it counts for nothing: a file ends in a line
            break, and the answer would not tell anybody that it was in the way.
        origin: who presented it.
    """
    secret = KeySecret(secret.reveal().strip())
    if not credentials.has_genuine_tag(secret):
        return
    found = standing.by_fingerprint(credentials.fingerprints(secret))
    if found is None or found.end is not None:
        # An ended secret opens nothing, and its key may be in use with a newer one.
        return
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(pk=found.key_id).first()
        if key is None:
            return
        was_enabled = key.is_enabled
        if was_enabled:
            key.switch(is_enabled=False)
        is_news = ratelimit.is_first("leaks", key.pk, seconds=REPORT_SECONDS)
        if was_enabled or is_news:
            operation = "disableDeploymentApiKey" if was_enabled else "reportLeakedSecret"
            _tell(key, found, origin, operation=operation)
    usage.record_refusal(found, Reason.SECRET_LEAKED, origin)


def _tell(key: ApiKey, found: Standing, origin: Origin, *, operation: str) -> None:
    caller = replace(system_principal("leaked secret report"), origin=origin)
    given = {"id": key.pk, "secret": found.number, "reason": Reason.SECRET_LEAKED.value}
    events.record(caller, operation, key, given)
    messages = _messages(key, found, origin)
    transaction.on_commit(lambda: get_connection().send_messages(messages), robust=True)


def _messages(key: ApiKey, found: Standing, origin: Origin) -> list[EmailMessage]:
    """One to each, so that they need not learn of each other, and a mail kept as a file says whose it is."""
    path = reverse(
        "apikeys:open", kwargs={"workspace": found.workspace, "deployment": found.deployment, "key": key.pk}
    )
    body = render_to_string(
        "apikeys/leaked.txt",
        {"key": key, "found": found, "origin": origin, "address": urljoin(settings.PUBLIC_URL, path)},
    )
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}An API key was disabled: its secret leaked"
    return [EmailMessage(subject, body, to=[address]) for address in _admins(found.workspace)]


def _admins(workspace: str) -> list[str]:
    """The addresses of the Workspace's Admins; of the Organization's Owners where it has none."""
    admins = Membership.objects.filter(workspace=workspace, role=Role.ADMIN, user__is_active=True)
    owners = User.objects.owners()
    return list(admins.values_list("user__email", flat=True)) or list(owners.values_list("email", flat=True))
