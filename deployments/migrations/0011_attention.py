"""What the Overview shows of the deploys of all Deployments together is found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0010_alerts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="deploy",
            index=models.Index(fields=["status", "-created_at"], name="deploy_by_status"),
        ),
    ]
