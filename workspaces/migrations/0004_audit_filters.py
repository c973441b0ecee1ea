"""Each filter of the audit log has an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0003_workspace_version"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["workspace", "-at", "-id"], name="audit_of_workspace"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["operation", "-at", "-id"], name="audit_of_operation"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["subject_id", "-at", "-id"], name="audit_of_subject"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["target", "-at", "-id"], name="audit_of_target"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["source_ip", "-at", "-id"], name="audit_of_address"),
        ),
    ]
