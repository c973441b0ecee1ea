"""Every Deployment with the Celery executor gets the queue `default`, as those made from now on have it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The most workers of a queue for which nobody chose, when this was written.
MAX_WORKERS = 10


def add_default_queues(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One for each Deployment whose Cluster has workers; an operator has to give the others node pools first."""
    node_pool = apps.get_model("deployments", "NodePool")
    deployment = apps.get_model("deployments", "Deployment")
    worker_queue = apps.get_model("deployments", "WorkerQueue")
    pools = node_pool.objects.filter(max_workers__gte=1).order_by("is_default", "-worker_type")
    # The last of a Cluster wins: its default, or else the first by name.
    pool_of = {pool.cluster_id: pool for pool in pools}
    without = deployment.objects.filter(
        executor="CeleryExecutor", cluster__in=list(pool_of), worker_queues=None
    )
    for pk, cluster in list(without.values_list("pk", "cluster")):
        pool = pool_of[cluster]
        worker_queue.objects.create(
            deployment_id=pk,
            name="default",
            is_default=True,
            node_pool=pool,
            max_workers=min(MAX_WORKERS, pool.max_workers),
        )
        deployment.objects.filter(pk=pk).update(worker_queue_count=1)


class Migration(migrations.Migration):
    dependencies = [("deployments", "0003_variables_queues_and_deploys")]

    operations = [migrations.RunPython(add_default_queues, migrations.RunPython.noop)]
