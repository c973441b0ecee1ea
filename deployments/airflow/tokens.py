"""Tokens for an Airflow with our auth manager, which knows the console's keys; a higher app signs them."""

from collections.abc import Callable
from typing import Final

from cloudui.web.principal import Principal
from deployments.airflow.calls import AirflowError
from deployments.models import AirflowRole, Deployment

Mint = Callable[[Principal, Deployment, AirflowRole], str]

_signers: Final[list[Mint]] = []


def sign_with(mint: Mint) -> None:
    """Have tokens made by this function from now on."""
    _signers[:] = [mint]


def token_for(principal: Principal, deployment: Deployment, role: AirflowRole) -> str:
    """A token of the caller for this one Airflow and a minute. Raises AirflowError where nobody signs any."""
    if not _signers:
        raise AirflowError(
            "Nobody signs tokens for this Airflow. Connect it with a service account for each role."
        )
    return _signers[0](principal, deployment, role)
