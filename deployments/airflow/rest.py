"""The Airflow behind a Deployment: how it is, and putting it to sleep, waking it up, restarting it."""

from collections.abc import Callable

from ninja import Router

from cloudui.web.api import ApiRequest
from cloudui.web.principal import Principal
from cloudui.web.rest.schemas import Id
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.airflow import service
from deployments.airflow.schemas import AirflowShown
from deployments.models import Airflow, Deployment

PATH = "/deployments/{cid:deployment}"

router = Router(tags=["Airflow"])


@router.get(f"{PATH}/airflow", response=AirflowShown, summary="Read how Airflow is")
def read_airflow(request: ApiRequest, deployment: Id) -> AirflowShown:
    """Its status with the reason, its processes and what they use, as they were last seen."""
    return AirflowShown.of(deployment_to_view(request.principal, None, deployment))


@router.post(f"{PATH}/hibernate", response=AirflowShown, summary="Hibernate")
def hibernate(request: ApiRequest, deployment: Id) -> AirflowShown:
    """Have its processes end. The status is `HIBERNATING` once they have."""
    return _done(request.principal, deployment, service.hibernate)


@router.post(f"{PATH}/wake-up", response=AirflowShown, summary="Wake up")
def wake_up(request: ApiRequest, deployment: Id) -> AirflowShown:
    """Have its processes start. The status is `CREATING`, then `HEALTHY`."""
    return _done(request.principal, deployment, service.wake_up)


@router.post(f"{PATH}/restart", response=AirflowShown, summary="Restart Airflow")
def restart(request: ApiRequest, deployment: Id) -> AirflowShown:
    """Have its processes start anew; where somebody else runs it, note that they have."""
    return _done(request.principal, deployment, service.restart)


def _done(
    principal: Principal, deployment: str, act: Callable[[Principal, Deployment], Airflow]
) -> AirflowShown:
    act(principal, deployment_to_edit(principal, None, deployment))
    return AirflowShown.of(deployment_to_view(principal, None, deployment))
