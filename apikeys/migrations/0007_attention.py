"""What the Overview shows of the keys of all Deployments together is found by an index."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("apikeys", "0006_callers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("last_refused_at__isnull", False)),
                fields=["last_refused_at"],
                name="apikey_refused",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce("last_used_at", "created_at"),
                name="apikey_by_activity",
            ),
        ),
        migrations.AddIndex(
            model_name="apikeysecret",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("first_used_at__isnull", True)),
                fields=["key"],
                name="secret_never_used",
            ),
        ),
    ]
