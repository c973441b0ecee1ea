from django.db import migrations

from workspaces.audit import triggers as audit_triggers


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_initial")]

    operations = [
        migrations.RunPython(audit_triggers.migrate_forwards, audit_triggers.migrate_backwards),
    ]
