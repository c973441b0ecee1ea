"""What operators sort and search by: the audit log, members, people and Workspaces."""

from django.db import migrations, models

from cloudui.web.prefixes import Folded


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_workspace_version")]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["workspace", "-at", "-id"], name="audit_of_workspace"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["subject_kind", "-at", "-id"], name="audit_of_kind"),
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
            index=models.Index(fields=["request_id"], name="audit_of_request"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(Folded("subject_name"), name="audit_by_folded_subject"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(Folded("operation"), name="audit_by_folded_operation"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["workspace", "-id"], name="membership_newest"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(Folded("full_name"), name="user_by_folded_name"),
        ),
        migrations.AddIndex(
            model_name="workspace",
            index=models.Index(Folded("name"), models.F("id"), name="workspace_by_folded_name"),
        ),
    ]
