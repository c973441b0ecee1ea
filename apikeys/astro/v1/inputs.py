"""What the client of today means by what it sends of a Deployment.

It sends all of it with each change. A command line sends `isCicdEnforced` and `isDagDeployEnabled` as they are, but for
what is to be changed, so that they are meant. A Deployment file that does not name CI/CD enforcement sends false.
"""

from typing import Final

from apikeys.astro.changes import ChangeRefused, DeploymentChange, QueueChange, executor_named
from apikeys.astro.v1 import shown
from apikeys.astro.v1.deployment_schemas import DeploymentSent
from deployments.models import Cluster, Deployment
from deployments.variables.service import VariableInput

OTHER_TYPE: Final = "Cloud UI has Deployments of the type HYBRID, which run on a Cluster. Name one with --cluster-id, and leave out --type."
OTHER_WORKSPACE: Final = (
    "This Deployment is in the Workspace {}. To move it, use Transfer Deployment in the console."
)
TASKS_STAY: Final = (
    "Tasks of the Kubernetes executor run on the worker type {} here, which cannot be changed."
)


def change_of(body: DeploymentSent) -> DeploymentChange:
    """What is to be changed.

    Raises:
        ChangeRefused: for a type or an executor that there is not.
    """
    if body.type not in {None, "", "HYBRID"}:
        raise ChangeRefused(OTHER_TYPE)
    scheduler = body.scheduler
    # A command line never sends alert e-mails; a file always does, null for none.
    is_file = "contact_emails" in body.model_fields_set
    variables, queues = body.environment_variables, body.worker_queues
    return DeploymentChange(
        name=body.name,
        description=body.description,
        executor=None if body.executor is None else executor_named(body.executor),
        scheduler_au=scheduler.au if scheduler else None,
        scheduler_replicas=scheduler.replicas if scheduler else None,
        is_highly_available=body.is_high_availability,
        ci_cd_enforced=body.is_cicd_enforced,
        dag_deploys_enabled=body.is_dag_deploy_enabled,
        queues=None
        if queues is None
        else [
            QueueChange(
                name=each.name,
                id=each.id or "",
                node_pool=each.node_pool_id or "",
                min_workers=each.min_worker_count,
                max_workers=each.max_worker_count,
                concurrency=each.worker_concurrency,
            )
            for each in queues
        ],
        variables=None
        if variables is None
        else [VariableInput(each.key, each.value, each.is_secret) for each in variables],
        alert_emails=(body.contact_emails or []) if is_file else None,
        is_file=is_file,
    )


def require_place(deployment: Deployment, body: DeploymentSent) -> None:
    """Refuse what cannot be changed here, another Workspace or another worker type for tasks, rather than pass it over."""
    if body.workspace_id not in {None, deployment.workspace_id}:
        raise ChangeRefused(OTHER_WORKSPACE.format(deployment.workspace.name))
    if not body.task_pod_node_pool_id:
        return
    cluster = Cluster.objects.prefetch_related("node_pools").get(pk=deployment.cluster_id)
    if body.task_pod_node_pool_id != shown.task_pool(cluster):
        raise ChangeRefused(TASKS_STAY.format(shown.cluster(cluster).node_pools[0].name))
