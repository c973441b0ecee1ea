"""The settings of an Airflow, as variables of its processes."""

import json
from pathlib import Path

import pytest

from deployments.airflow.runner import airflow_settings
from deployments.airflow.runner.environments import Environment
from deployments.airflow.runner.place import Place, State
from deployments.airflow.runner.plan import Plan
from deployments.variables.reserved_names import RESERVED


@pytest.fixture
def render(settings, tmp_path):
    settings.DATA_DIR, settings.DAGS_ROOT = tmp_path, tmp_path / "dags"

    def _render(version="3.3.2", database_url="", **changes):
        plan = Plan("c1", "a-1", version, is_awake=True, **changes)
        environment = Environment(version, tmp_path / "environment", Path("/usr"))
        return airflow_settings.render(
            plan, Place("a-1"), State.new(user=61_200), environment, database_url=database_url
        )

    return _render


@pytest.mark.parametrize("version", ["3.3.2", "2.11.2"])
def test_the_variables_of_the_deployment_are_there_and_replace_none_of_ours(render, version):
    ours = render(version)
    theirs = {"MY_VAR": "1", "HOME": "/root", "AIRFLOW__SECRETS__BACKEND": "evil.Backend"}

    both = render(version, environment=theirs, secrets={"AIRFLOW_VAR_A": "1"})

    assert both["MY_VAR"] == "1"
    assert both["HOME"] == ours["HOME"]
    assert both["AIRFLOW__SECRETS__BACKEND"] == "console_secrets.ConsoleSecrets"
    assert "AIRFLOW_VAR_A" not in both


def test_airflow_3_listens_to_itself_only_and_knows_where(render):
    values = render(tasks=9)

    port = values["AIRFLOW__API__PORT"]
    assert values["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert values["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://127.0.0.1:{port}/execution/"
    assert (values["AIRFLOW__CORE__EXECUTOR"], values["AIRFLOW__CORE__PARALLELISM"]) == ("LocalExecutor", "9")
    assert values["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == (
        "console-viewer:viewer,console-user:user,console-op:op,console-admin:admin"
    )
    (bundle,) = json.loads(values["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert bundle["kwargs"]["root"].endswith("/dags/a-1")
    assert bundle["kwargs"]["refresh_interval"] == 5


@pytest.mark.parametrize(
    ("database_url", "executor"), [("", "SequentialExecutor"), ("postgresql+psycopg2://a", "LocalExecutor")]
)
def test_airflow_2_listens_to_itself_only_and_runs_one_task_at_a_time_on_sqlite(
    render, database_url, executor
):
    values = render("2.11.2", database_url=database_url)

    assert values["AIRFLOW__WEBSERVER__WEB_SERVER_HOST"] == "127.0.0.1"
    assert values["AIRFLOW__CORE__EXECUTOR"] == executor
    assert values["AIRFLOW__CORE__DAGS_FOLDER"].endswith("/dags/a-1/current")
    assert values["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith(database_url or "sqlite:////")


@pytest.mark.parametrize("version", ["3.3.2", "2.11.2"])
def test_tokens_of_the_console_for_this_very_airflow_are_believed(render, version, settings):
    values = render(version)

    ours = ("CONSOLE_ISSUER", "CONSOLE_JWKS_URL", "CONSOLE_AUDIENCE")
    assert [values[name] for name in ours] == [
        settings.PUBLIC_URL,
        f"{settings.PUBLIC_URL}/.well-known/jwks.json",
        "airflow:c1",
    ]
    assert "console_auth" in " ".join(values.values())


@pytest.mark.parametrize("version", ["3.3.2", "2.11.2"])
def test_what_would_open_this_airflow_is_reserved(render, version):
    opens = {"FERNET_KEY", "SECRET_KEY", "JWT_SECRET", "SQL_ALCHEMY_CONN", "HOST", "PORT", "AUTH_BACKENDS"}
    opens |= {
        "AUTH_MANAGER",
        "BACKEND",
        "BACKEND_KWARGS",
        "DAG_BUNDLE_CONFIG_LIST",
        "BASE_LOG_FOLDER",
        "PLUGINS_FOLDER",
    }
    values = [key for key in render(version) if key.rpartition("__")[2] in opens]

    assert values
    for key in values:
        assert any(
            key.startswith(name.removesuffix("*")) if name.endswith("*") else key == name for name in RESERVED
        ), key
