"""Keys of all Deployments by creation and by the beginning of their name, for operators."""

from django.db import migrations, models
from django.db.models.functions import Lower

from cloudui.web.orders import ByteOrder


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0007_attention")]

    operations = [
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(fields=["-created_at", "-key_id"], name="apikey_newest"),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(ByteOrder(Lower("name")), name="apikey_by_name_anywhere"),
        ),
    ]
