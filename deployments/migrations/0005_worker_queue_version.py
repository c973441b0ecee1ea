"""Worker queues get a version, by which an edit knows that somebody else was faster."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deployments", "0004_default_queues")]

    operations = [
        migrations.AddField(
            model_name="workerqueue",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
