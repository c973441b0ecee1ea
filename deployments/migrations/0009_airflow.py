"""The Airflow behind a Deployment. The first Cluster of an installation runs its Airflows on this machine."""

import django.core.validators
import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from deployments.releases import FirstCluster


def run_first_cluster_here(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    first = FirstCluster()
    apps.get_model("deployments", "Cluster").objects.filter(name=first.name, provider=first.provider).update(
        kind="local"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0008_deploy_stored_bytes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Airflow",
            fields=[
                (
                    "deployment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="airflow",
                        serialize=False,
                        to="deployments.deployment",
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("connected", "Connected by an operator"),
                            ("local", "Run on this machine"),
                            ("kubernetes", "Run on Kubernetes"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "base_url",
                    models.CharField(
                        blank=True,
                        max_length=200,
                        validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                        verbose_name="base URL",
                    ),
                ),
                ("version", models.CharField(blank=True, max_length=30)),
                (
                    "auth",
                    models.CharField(
                        choices=[
                            ("accounts", "A service account for each role"),
                            ("auth_manager", "The caller's own token, by our auth manager"),
                        ],
                        default="accounts",
                        max_length=12,
                    ),
                ),
                ("sealed_accounts", models.BinaryField(null=True)),
                ("is_awake", models.BooleanField(default=True)),
                ("restart_requested_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("components", models.JSONField(blank=True, default=list)),
                ("memory_bytes", models.PositiveBigIntegerField(blank=True, null=True)),
                ("processor", models.FloatField(blank=True, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("variables_version", models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="cluster",
            name="kind",
            field=models.CharField(
                choices=[
                    ("external", "Somebody else: operators connect each Airflow"),
                    ("local", "Cloud UI, on this machine"),
                    ("kubernetes", "Cloud UI, on Kubernetes by the official Helm chart"),
                ],
                db_default="external",
                default="external",
                help_text="Who runs the Airflows of its Deployments.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="deployment",
            name="status",
            field=models.CharField(
                choices=[
                    ("CREATING", "Creating"),
                    ("DEPLOYING", "Deploying"),
                    ("HEALTHY", "Healthy"),
                    ("UNHEALTHY", "Unhealthy"),
                    ("HIBERNATING", "Hibernating"),
                    ("UNKNOWN", "Not connected"),
                ],
                default="UNKNOWN",
                max_length=20,
            ),
        ),
        migrations.RunPython(run_first_cluster_here, migrations.RunPython.noop),
    ]
