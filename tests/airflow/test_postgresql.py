"""A database of its own for each Airflow, on a PostgreSQL server."""

from urllib.parse import urlsplit

import psycopg
import pytest

from deployments.airflow.runner import postgresql
from tests import postgres_server


@pytest.fixture(scope="module")
def server():
    with postgres_server.running() as server:
        server.command("CREATE ROLE operator LOGIN CREATEROLE CREATEDB PASSWORD 'x'")
        yield server


@pytest.fixture(autouse=True)
def _setting(server, settings):
    settings.AIRFLOW_DATABASE_URL = f"postgres://operator:x@127.0.0.1:{server.port}/postgres"


def connect(url):
    return psycopg.connect(url.replace("postgresql+psycopg2://", "postgresql://"))


def test_each_has_a_database_and_a_role_of_its_own():
    one = postgresql.ensure_database("bright-comet-1234", "a password/@ of its own")
    two = postgresql.ensure_database("other-comet-1234", "another")

    with connect(one) as connection:
        connection.execute("CREATE TABLE mine (number integer)")
    assert urlsplit(one).username == "airflow_bright_comet_1234"
    # This server checks no password: what is tried is the right to connect.
    intruder = one.rpartition("/")[0] + urlsplit(two).path
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(intruder)


def test_at_the_next_start_it_is_the_same_and_gone_with_its_deployment():
    first = postgresql.ensure_database("bright-moon-1234", "one")
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (number integer)")

    again = postgresql.ensure_database("bright-moon-1234", "two")
    with connect(again) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)

    postgresql.drop_database("bright-moon-1234")
    with pytest.raises(psycopg.OperationalError):
        connect(again)
    postgresql.drop_database("bright-moon-1234")
