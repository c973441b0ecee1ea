"""Which of Airflow's roles somebody has, decided on each call from what is true then.

An API key does what its pipeline needs (`op`: also connections, variables and pools, no users), a person what the
role in the Workspace allows.
"""

from typing import Final

from cloudui.web.principal import Kind, Principal
from deployments.models import AirflowRole, Deployment
from workspaces.models import Role

ROLES: Final = {
    Role.MEMBER: AirflowRole.VIEWER,
    Role.EDITOR: AirflowRole.USER,
    Role.ADMIN: AirflowRole.ADMIN,
}


def airflow_role(principal: Principal, deployment: Deployment) -> AirflowRole:
    """The role of this caller at the Airflow of a Deployment that came from `deployments.access`."""
    if principal.kind is Kind.API_KEY:
        return AirflowRole.OP
    return ROLES[Role(deployment.caller_role)]
