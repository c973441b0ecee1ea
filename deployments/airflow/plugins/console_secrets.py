"""Airflow Variables and Connections out of a file that Cloud UI replaces, so that a change needs no restart.

Airflow 2 and 3 import this. The file is JSON with the names of environment variables, `AIRFLOW_VAR_...` and
`AIRFLOW_CONN_...`, which Airflow finds whatever the case of what a DAG asks for, as it does in its environment.
"""

import json
from pathlib import Path
from typing import Any

from airflow.secrets.base_secrets import BaseSecretsBackend


class ConsoleSecrets(BaseSecretsBackend):
    """Looks into the file each time; a missing one holds nothing."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = Path(path)

    def get_conn_value(self, conn_id: str, *args: Any, **kwargs: Any) -> str | None:
        return self._read(f"AIRFLOW_CONN_{conn_id.upper()}")

    def get_variable(self, key: str, *args: Any, **kwargs: Any) -> str | None:
        return self._read(f"AIRFLOW_VAR_{key.upper()}")

    def _read(self, name: str) -> str | None:
        try:
            values: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return {key.upper(): value for key, value in values.items()}.get(name)
