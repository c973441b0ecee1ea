"""A fresh installation can make a Deployment at once: one cluster with its node pools, and the releases."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from deployments.releases import RELEASES, FirstCluster


def add_releases(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    runtime_release = apps.get_model("deployments", "RuntimeRelease")
    for position, release in enumerate(reversed(RELEASES), start=1):
        runtime_release.objects.get_or_create(
            version=release.version,
            defaults={
                "airflow_version": release.airflow_version,
                "channel": release.channel,
                # Gaps, so that an operator can put one in between.
                "position": 10 * position,
            },
        )


def add_cluster(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    first = FirstCluster()
    cluster, is_new = apps.get_model("deployments", "Cluster").objects.get_or_create(
        name=first.name, defaults={"provider": first.provider, "region": first.region}
    )
    if is_new:
        node_pool = apps.get_model("deployments", "NodePool")
        for index, pool in enumerate(first.pools):
            node_pool.objects.create(
                cluster=cluster,
                worker_type=pool.worker_type,
                cpu=pool.cpu,
                memory_gib=pool.memory_gib,
                max_workers=pool.max_workers,
                is_default=index == 0,
            )


class Migration(migrations.Migration):
    dependencies = [("deployments", "0001_initial")]

    operations = [
        migrations.RunPython(add_releases, migrations.RunPython.noop),
        migrations.RunPython(add_cluster, migrations.RunPython.noop),
    ]
