"""Bringing the service accounts of Airflows to the newest field key, while operators go on saving them."""

import logging

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from cloudui.web.encryption import CannotDecrypt, needs_reencryption
from cloudui.web.keyring import KeyFileError
from deployments.airflow.accounts import seal, unseal
from deployments.models import Airflow, Deployment

logger = logging.getLogger(__name__)


def reencrypt_accounts() -> tuple[int, int]:
    """Encrypt anew what an older field key holds: of how many Airflows, and how many could not be read and stayed."""
    sealed = Airflow.objects.exclude(sealed_accounts=None).order_by("pk").values_list("pk", flat=True)
    results = [_reencrypt(deployment_id) for deployment_id in list(sealed)]
    return results.count("done"), results.count("unread")


@sensitive_variables()
def _reencrypt(deployment_id: str) -> str:
    with transaction.atomic():
        Deployment.objects.locked().filter(pk=deployment_id).first()
        airflow = Airflow.objects.filter(pk=deployment_id).first()
        if (
            airflow is None
            or not airflow.sealed_accounts
            or not needs_reencryption(bytes(airflow.sealed_accounts))
        ):
            return ""
        try:
            airflow.sealed_accounts = seal(deployment_id, unseal(airflow))
        except (CannotDecrypt, KeyFileError):
            logger.warning("The service accounts of the Airflow of %s cannot be read.", deployment_id)
            return "unread"
        airflow.save(update_fields=["sealed_accounts"])
    return "done"
