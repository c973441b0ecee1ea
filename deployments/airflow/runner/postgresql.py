"""A PostgreSQL database of its own for each Airflow that runs here, on the server that `AIRFLOW_DATABASE_URL` names."""

from typing import Final
from urllib.parse import quote, urlsplit

import psycopg
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from psycopg import sql

CONNECT_SECONDS: Final = 5


@sensitive_variables()
def ensure_database(release_name: str, password: str) -> str:
    """Make the role and the database unless they are there, and return the address for Airflow."""
    name = _name(release_name)
    role = sql.Identifier(name)
    with _connect() as connection:
        verb = "ALTER" if _exists(connection, "pg_roles", "rolname", name) else "CREATE"
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(sql.SQL(verb), role, sql.Literal(password))
        )
        if not _exists(connection, "pg_database", "datname", name):
            # Whoever makes a database for a role must be a member of it, unless they are a superuser.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
            connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(role))
    parts = urlsplit(settings.AIRFLOW_DATABASE_URL)
    place = parts.netloc.rpartition("@")[2]
    query = f"?{parts.query}" if parts.query else ""
    return f"postgresql+psycopg2://{name}:{quote(password, safe='')}@{place}/{name}{query}"


def drop_database(release_name: str) -> None:
    """Drop the database and the role of an Airflow whose Deployment was deleted."""
    role = sql.Identifier(_name(release_name))
    with _connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(role))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))


def _name(release_name: str) -> str:
    return f"airflow_{release_name.replace('-', '_')}"


def _connect() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(settings.AIRFLOW_DATABASE_URL, autocommit=True, connect_timeout=CONNECT_SECONDS)


def _exists(connection: psycopg.Connection[tuple[object, ...]], table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, [name]).fetchone() is not None
