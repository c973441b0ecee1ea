"""Deploys know what they take on the disk; a server of the version before writes none, and it is estimated."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deployments", "0007_deploy_sources")]

    operations = [
        migrations.AddField(
            model_name="deploy",
            name="stored_bytes",
            field=models.PositiveBigIntegerField(
                db_default=0,
                default=0,
                help_text="Bytes on the disk, in whole blocks; 0 if that was not counted.",
            ),
        ),
        migrations.AddIndex(
            model_name="deploy",
            index=models.Index(
                condition=models.Q(("has_files", True)), fields=["deployment"], name="deploy_with_files"
            ),
        ),
    ]
