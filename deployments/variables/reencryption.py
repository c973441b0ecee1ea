"""Bringing the values of environment variables to the newest field key, while people go on saving them.

Each step holds the row of a Deployment, as writers do; what they save between two steps has the newest key anyway.
"""

import logging
from typing import Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from cloudui.web.encryption import CannotDecrypt, needs_reencryption
from cloudui.web.keyring import KeyFileError
from deployments.models import Deployment
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import read_value, seal_value

# While this many values are encrypted others wait for the Deployment, and with SQLite for the whole database.
BATCH: Final = 50

logger = logging.getLogger(__name__)


def reencrypt_variables() -> tuple[int, int]:
    """Encrypt anew what an older field key holds: how many were, and how many could not be read and stayed."""
    done = 0
    unread: set[str] = set()
    with_variables = EnvironmentVariable.objects.order_by("deployment_id").values_list(
        "deployment_id", flat=True
    )
    for deployment_id in list(with_variables.distinct()):
        after = ""
        while True:
            last, number, bad = _reencrypt_some(deployment_id, after)
            done, unread = done + number, unread | bad
            if not last:
                break
            after = last
    return done, len(unread)


@sensitive_variables()
def _reencrypt_some(deployment_id: str, after: str) -> tuple[str, int, set[str]]:
    """One step: the last row looked at (empty at the end), how many were encrypted, which could not be read."""
    unread: set[str] = set()
    changed = []
    with transaction.atomic():
        Deployment.objects.locked().filter(pk=deployment_id).first()
        rows = EnvironmentVariable.objects.filter(deployment_id=deployment_id, pk__gt=after).order_by("pk")
        some = list(rows[:BATCH])
        for row in some:
            if not needs_reencryption(bytes(row.value)):
                continue
            try:
                seal_value(row, read_value(row))
            except (CannotDecrypt, KeyFileError):
                logger.warning("The variable %s of %s cannot be read.", row.key, deployment_id)
                unread.add(row.pk)
            else:
                changed.append(row)
        EnvironmentVariable.objects.bulk_update(changed, ["value"])
    return some[-1].pk if len(some) == BATCH else "", len(changed), unread
