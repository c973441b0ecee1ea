"""What operators sort and search by: the audit log, members, people and Workspaces."""

from django.db import migrations, models
from django.db.models.functions import Lower

from cloudui.web.orders import ByteOrder


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0004_audit_filters")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["subject_kind", "-at", "-id"], name="audit_of_kind"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["request_id"], name="audit_of_request"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(ByteOrder(Lower("subject_name")), name="audit_by_name"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(ByteOrder(Lower("operation")), name="audit_by_operation"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["workspace", "-id"], name="membership_newest"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(ByteOrder(Lower("full_name")), name="user_by_name"),
        ),
        migrations.AddIndex(
            model_name="workspace",
            index=models.Index(ByteOrder(Lower("name")), models.F("id"), name="workspace_by_name"),
        ),
    ]
