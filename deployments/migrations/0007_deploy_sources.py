"""Deploys say where they come from, and can be announced before they are uploaded."""

import django.db.models.deletion
from django.db import migrations, models

import cloudui.web.ids


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0006_bounded_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="deploy",
            name="client",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=60, verbose_name="program that sent it"
            ),
        ),
        migrations.AddField(
            model_name="deploy",
            name="commit_branch",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="deploy",
            name="commit_repository",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="deploy",
            name="commit_sha",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="deploy",
            name="commit_url",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="deploy",
            name="image",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=500, verbose_name="image, with its tag"
            ),
        ),
        migrations.AddField(
            model_name="deploy",
            name="kind",
            field=models.CharField(
                choices=[("DAGS", "DAGs"), ("IMAGE", "Image"), ("IMAGE_AND_DAGS", "Image and DAGs")],
                db_default="DAGS",
                default="DAGS",
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="StagedDeploy",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=cloudui.web.ids.new_id,
                        editable=False,
                        max_length=25,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("capability_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("source", models.JSONField(default=dict)),
                ("made_by_kind", models.CharField(max_length=10)),
                ("made_by_id", models.CharField(max_length=40)),
                ("uploaded_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ends_at", models.DateTimeField(db_index=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staged_deploys",
                        to="deployments.deployment",
                    ),
                ),
            ],
        ),
    ]
