"""The service accounts by which the gateway and the pages enter an Airflow: one for each of its roles.

They are encrypted under the field key and bound to their Deployment.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

from django.views.decorators.debug import sensitive_variables

from cloudui.web.encryption import decrypt, encrypt
from deployments.models import Airflow, AirflowRole

PURPOSE: Final = "airflow"


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """How somebody signs in at an Airflow. It has no `repr` that could reach a log."""

    username: str
    password: str


Accounts = dict[AirflowRole, Account]


@sensitive_variables()
def seal(deployment: str, accounts: Accounts) -> bytes:
    """The accounts, encrypted for `Airflow.sealed_accounts` of the Deployment with this identifier."""
    plain = json.dumps({role.value: asdict(account) for role, account in accounts.items()})
    return encrypt(plain.encode(), PURPOSE, deployment)


@sensitive_variables()
def unseal(airflow: Airflow) -> Accounts:
    """The accounts of this Airflow, none if it has none.

    Raises:
        CannotDecrypt: they were changed or copied from another Deployment.
        KeyFileError: the version of the field key that encrypted them is gone.
    """
    if airflow.sealed_accounts is None:
        return {}
    plain = decrypt(bytes(airflow.sealed_accounts), PURPOSE, airflow.deployment_id)
    return {AirflowRole(role): Account(**account) for role, account in json.loads(plain).items()}
