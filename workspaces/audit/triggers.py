"""The triggers that make the audit log append-only in the database itself (threat T-S7).

UPDATE is refused always, DELETE unless the event is older than the retention time, TRUNCATE always
(PostgreSQL), and REPLACE of an existing row always (SQLite, where it deletes without asking a DELETE trigger).
The refusal arrives as IntegrityError.

A migration that alters the table must call `create` again at its end: on SQLite Django copies an altered
table, and triggers do not follow.
"""

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE: Final = "workspaces_auditevent"
RETENTION_DAYS: Final = 90
REFUSAL: Final = "The audit log is append-only."

_SQLITE: Final = {
    "audit_refuses_update": f"""
        CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
    "audit_refuses_delete": f"""
        CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON {TABLE}
        WHEN OLD.at >= strftime('%Y-%m-%d %H:%M:%S', 'now', '-{RETENTION_DAYS} days')
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
    "audit_refuses_replace": f"""
        CREATE TRIGGER audit_refuses_replace BEFORE INSERT ON {TABLE}
        WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,  # noqa: S608 - constants only
}

_POSTGRESQL_FUNCTION: Final = f"""
    CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at < now() - interval '{RETENTION_DAYS} days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
"""
_POSTGRESQL: Final = {
    "audit_refuses_change": f"""
        CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
    "audit_refuses_truncate": f"""
        CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """,
}


def create(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place, replacing those that are there."""
    drop(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for statement in _triggers(connection).values():
            cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away; those that are missing are no error."""
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in _triggers(connection):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def migrate_forwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """For migrations: create them."""
    create(schema_editor.connection)


def migrate_backwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """For migrations: drop them."""
    drop(schema_editor.connection)


def _triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
