"""The settings of an Airflow that runs here, as environment variables of its processes."""

import json
from pathlib import Path
from typing import Final

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from deployments.airflow.audience import audience
from deployments.airflow.runner.environments import Environment
from deployments.airflow.runner.place import Place, State
from deployments.airflow.runner.plan import Plan
from deployments.deploys.store.bundles import Bundle
from deployments.models import AirflowRole

PLUGINS: Final = Path(__file__).resolve().parent.parent / "plugins"
# What was deployed is seen after as many seconds.
INTERVAL: Final = 5
SYSTEM_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@sensitive_variables()
def render(
    plan: Plan, place: Place, state: State, environment: Environment, *, database_url: str = ""
) -> dict[str, str]:
    """All variables of its processes: those of the Deployment, and ours, which nobody's replace.

    `database_url` is that of a PostgreSQL database of its own; without one it has SQLite in its folder.
    """
    render_version = _of_airflow_2 if plan.airflow_version.startswith("2.") else _of_airflow_3
    ours = {**_common(plan, place, state, database_url), **render_version(plan, place, state, database_url)}
    return {
        **plan.environment,
        **{f"AIRFLOW__{name}": str(value) for name, value in ours.items()},
        "AIRFLOW_HOME": str(place.home),
        "HOME": str(place.home),
        "USER": "airflow",
        "LOGNAME": "airflow",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(place.temporary),
        "PATH": f"{environment.path / 'bin'}:{SYSTEM_PATH}",
        "PYTHONPATH": str(PLUGINS),
        "PYTHONUNBUFFERED": "1",
        # People and keys of the console are let in by its tokens, too (console_auth.py, console_auth_2.py).
        "CONSOLE_ISSUER": settings.PUBLIC_URL,
        "CONSOLE_JWKS_URL": f"{settings.PUBLIC_URL}/.well-known/jwks.json",
        "CONSOLE_AUDIENCE": audience(plan.deployment_id),
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }


def _common(plan: Plan, place: Place, state: State, database_url: str) -> dict[str, object]:
    return {
        "CORE__LOAD_EXAMPLES": False,
        "CORE__FERNET_KEY": state.fernet_key,
        "CORE__PARALLELISM": plan.tasks,
        "CORE__DAGS_FOLDER": Bundle(plan.release_name).path / "current",
        "CORE__PLUGINS_FOLDER": place.home / "plugins",
        "DATABASE__SQL_ALCHEMY_CONN": database_url or f"sqlite:///{place.home / 'airflow.db'}",
        "LOGGING__BASE_LOG_FOLDER": place.home / "logs",
        "SECRETS__BACKEND": "console_secrets.ConsoleSecrets",
        "SECRETS__BACKEND_KWARGS": json.dumps({"path": str(place.secrets / "secrets.json")}),
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }


def _of_airflow_3(plan: Plan, place: Place, state: State, database_url: str) -> dict[str, object]:
    bundle = {
        "root": str(Bundle(plan.release_name).path),
        "empty": str(place.home / "no-dags"),
        "refresh_interval": INTERVAL,
    }
    return {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__AUTH_MANAGER": "console_auth.ConsoleAuthManager",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{state.port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"console-{role.value}:{role.value}" for role in AirflowRole
        ),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": place.accounts / "passwords.json",
        "API__HOST": "127.0.0.1",
        "API__PORT": state.port,
        "API__WORKERS": 1,
        "API__SECRET_KEY": state.secret_key,
        "API_AUTH__JWT_SECRET": state.jwt_secret,
        "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(
            [{"name": "console", "classpath": "console_bundle.ConsoleDagBundle", "kwargs": bundle}]
        ),
        "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": place.home / "bundles",
        "DAG_PROCESSOR__REFRESH_INTERVAL": INTERVAL,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": INTERVAL,
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": INTERVAL,
        "DAG_PROCESSOR__STALE_DAG_THRESHOLD": INTERVAL,
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
    }


def _of_airflow_2(plan: Plan, place: Place, state: State, database_url: str) -> dict[str, object]:
    fab = "airflow.providers.fab.auth_manager.api.auth.backend"
    return {
        # Airflow 2 runs no two tasks at once on SQLite.
        "CORE__EXECUTOR": "LocalExecutor" if database_url else "SequentialExecutor",
        "API__AUTH_BACKENDS": f"console_auth_2,{fab}.basic_auth,{fab}.session",
        "WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
        "WEBSERVER__WEB_SERVER_PORT": state.port,
        "WEBSERVER__BASE_URL": f"http://127.0.0.1:{state.port}",
        "WEBSERVER__WORKERS": 1,
        "WEBSERVER__SECRET_KEY": state.secret_key,
        "SCHEDULER__DAG_DIR_LIST_INTERVAL": INTERVAL,
        "SCHEDULER__MIN_FILE_PROCESS_INTERVAL": INTERVAL,
        "SCHEDULER__PARSING_CLEANUP_INTERVAL": INTERVAL,
        "SCHEDULER__PARSING_PROCESSES": 1,
        "SCHEDULER__STANDALONE_DAG_PROCESSOR": False,
        "CORE__DAG_FILE_PROCESSOR_TIMEOUT": 50,
        "DAG_PROCESSOR__STALE_DAG_THRESHOLD": INTERVAL,
        "SCHEDULER__STALE_DAG_THRESHOLD": INTERVAL,
    }
