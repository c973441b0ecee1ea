"""The orders of a Workspace's list, and what operators sort and search by in all Workspaces."""

from django.db import migrations, models
from django.db.models.functions import Lower

from cloudui.web.orders import ByteOrder


class Migration(migrations.Migration):
    dependencies = [("deployments", "0011_attention")]

    operations = [
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(fields=["workspace", "updated_at", "id"], name="deployment_by_update"),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(fields=["workspace", "created_at", "id"], name="deployment_by_age"),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(fields=["created_at", "id"], name="deployment_by_age_anywhere"),
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(ByteOrder(Lower("name")), models.F("id"), name="deployment_by_name"),
        ),
        migrations.AddIndex(
            model_name="runtimerelease",
            index=models.Index(fields=["-position", "-version"], name="release_by_position"),
        ),
    ]
