"""Keys of all Deployments by creation and by the beginning of their name, for operators."""

from django.db import migrations, models

from cloudui.web.prefixes import Folded


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0004_authorization_grants")]

    operations = [
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(fields=["-created_at", "-key_id"], name="apikey_newest"),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(Folded("name"), name="apikey_by_folded_name"),
        ),
    ]
