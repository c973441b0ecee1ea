"""What Editors do to DAGs in the console, with an audit event of what Airflow has done."""

from django.db import transaction

from cloudui.web.principal import Principal
from deployments import events
from deployments.access import deployment_to_edit
from deployments.airflow.client import client_for
from deployments.models import Deployment
from workspaces.principals import with_current_rights


def set_paused(principal: Principal, deployment: Deployment, dag_id: str, *, is_paused: bool) -> None:
    """Pause a DAG, or have it start by itself again.

    Raises:
        Http404, PermissionDenied: when the right to it went meanwhile.
        AirflowError: when Airflow did not do it; the text says why.
    """
    principal = with_current_rights(principal)
    permitted = deployment_to_edit(principal, deployment.workspace_id, deployment.pk)
    client_for(principal, permitted).set_paused(dag_id, is_paused=is_paused)
    # Only then: nobody keeps a transaction open while Airflow thinks.
    with transaction.atomic():
        events.record(principal, "pauseDag" if is_paused else "unpauseDag", permitted, {"dag": dag_id})


def trigger(principal: Principal, deployment: Deployment, dag_id: str) -> None:
    """Start a run of a DAG. Raises the same."""
    principal = with_current_rights(principal)
    permitted = deployment_to_edit(principal, deployment.workspace_id, deployment.pk)
    run = client_for(principal, permitted).trigger(dag_id)
    with transaction.atomic():
        events.record(principal, "triggerDag", permitted, {"dag": dag_id, "run": run.run_id})
