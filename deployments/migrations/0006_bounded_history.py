"""Failed deploys are counted, and remembered calls know their caller."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0005_worker_queue_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeployFailures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_by_kind", models.CharField(max_length=10)),
                ("made_by_id", models.CharField(max_length=40)),
                ("made_by_name", models.CharField(max_length=254)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="idempotentcall",
            name="caller",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
        migrations.AddIndex(
            model_name="idempotentcall",
            index=models.Index(fields=["caller", "created_at"], name="idempotent_calls_of_caller"),
        ),
        migrations.AddField(
            model_name="deployfailures",
            name="deployment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deployments.deployment"
            ),
        ),
        migrations.AddConstraint(
            model_name="deployfailures",
            constraint=models.UniqueConstraint(
                fields=("deployment", "made_by_kind", "made_by_id"), name="one_count_of_failures"
            ),
        ),
    ]
