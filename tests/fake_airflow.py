"""A small Airflow of either version for tests: some DAGs, runs and logs, service accounts, and its ways to fail."""

import base64
import copy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PASSWORDS = {f"console-{role}": f"{role}-password" for role in ("viewer", "user", "op", "admin")}
WHEN = "2026-11-24T20:00:00+00:00"
HEALTHY = {
    "metadatabase": {"status": "healthy"},
    "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": WHEN},
    "triggerer": {"status": None, "latest_triggerer_heartbeat": None},
    "dag_processor": {"status": None, "latest_dag_processor_heartbeat": None},
}


def run(dag_id: str, run_id: str, state: str = "success", started: str | None = WHEN) -> dict[str, Any]:
    return {
        "dag_id": dag_id,
        "dag_run_id": run_id,
        "state": state,
        "start_date": started,
        "end_date": started,
    }


def task(
    dag_id: str, run_id: str, task_id: str, state: str = "success", started: str | None = WHEN
) -> dict[str, Any]:
    known = run(dag_id, run_id, state, started)
    return {**known, "task_id": task_id, "try_number": 1, "map_index": -1}


@dataclass
class FakeAirflow:
    """What it has and what it was asked; a test changes either at will."""

    version: str = "3.3.2"
    passwords: dict[str, str] = field(default_factory=lambda: dict(PASSWORDS))
    health: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(HEALTHY))
    dags: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    import_errors: list[dict[str, Any]] = field(default_factory=list)
    logs: dict[str, Any] = field(default_factory=dict)
    schedulers: list[str] = field(default_factory=list)
    # Answers with these instead, by path: a status and a text, or headers.
    instead: dict[str, tuple[int, str, dict[str, str]]] = field(default_factory=dict)
    # Until it is set, nobody is answered.
    answers: threading.Event = field(default_factory=threading.Event)
    calls: list[str] = field(default_factory=list)
    logins: int = 0
    tokens: set[str] = field(default_factory=set)
    base_url: str = ""

    @property
    def is_v2(self) -> bool:
        return not self.version.startswith("2")

    def add_dag(self, dag_id: str, *, is_paused: bool = False, **more: Any) -> None:
        self.dags.append({"dag_id": dag_id, "is_paused": is_paused, "description": None, **more})

    def forget_tokens(self) -> None:
        """As a restart with another key does."""
        self.tokens.clear()

    def answer(  # noqa: PLR0911 - a case each
        self, method: str, path: str, params: dict[str, str], body: Any, sent: str
    ) -> tuple[int, Any, dict[str, str]]:
        self.calls.append(f"{method} {path}")
        if path in self.instead:
            return self.instead[path]
        if self.is_v2 and path == "/auth/token":
            return self._log_in(body)
        base = "/api/v2" if self.is_v2 else "/api/v1"
        if not path.startswith(base + "/"):
            return 404, {"error": "Not found"}, {}
        path = path.removeprefix(base)
        if path == "/version":
            return 200, {"version": self.version, "git_version": None}, {}
        if path == ("/monitor/health" if self.is_v2 else "/health"):
            return 200, self.health, {}
        user = self._user(sent)
        if not user:
            # Airflow 2 never says 401, and Airflow 3 only to whoever sends no token.
            return (403 if sent or not self.is_v2 else 401), {"detail": "Invalid JWT token"}, {}
        if method != "GET" and not path.endswith("/list") and user == "console-viewer":
            return 403, {"detail": "Forbidden"}, {}
        return self._of(method, path, params, body)

    def _log_in(self, body: Any) -> tuple[int, Any, dict[str, str]]:
        self.logins += 1
        name = body.get("username")
        if self.passwords.get(name) != body.get("password"):
            return 401, {"detail": "Invalid credentials"}, {}
        token = f"{name}:{self.logins}"
        self.tokens.add(token)
        return 201, {"access_token": token}, {}

    def _user(self, sent: str) -> str:
        kind, _, value = sent.partition(" ")
        if self.is_v2:
            return value.partition(":")[0] if kind == "Bearer" and value in self.tokens else ""
        name, _, password = (
            base64.b64decode(value).decode().partition(":") if kind == "Basic" else ("", "", "")
        )
        return name if self.passwords.get(name) == password and name else ""

    def _of(  # noqa: C901, PLR0911 - a case each
        self, method: str, path: str, params: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        if path == "/jobs":
            return 200, {"jobs": [{"start_date": moment} for moment in self.schedulers]}, {}
        if path == "/importErrors":
            return 200, _listed("import_errors", self.import_errors, params), {}
        if path == "/dags":
            pattern = params.get("dag_id_pattern", "").strip("%")
            found = [dag for dag in self.dags if pattern in dag["dag_id"]]
            return 200, _listed("dags", found, params), {}
        if path == "/dags/~/dagRuns/~/taskInstances":
            if "order_by" in params and not self.is_v2:
                return 400, {"detail": "Extra query parameter(s) order_by not in spec"}, {}
            return 200, _listed("task_instances", _since(self.tasks, params), params), {}
        if path == "/dags/~/dagRuns/list":
            found = [each for each in self.runs if each["dag_id"] in body["dag_ids"]]
            wanted = {"order_by": body["order_by"], "limit": str(body["page_limit"])}
            return 200, _listed("dag_runs", found, wanted), {}
        if tasks := re.fullmatch(r"/dags/([^/]+)/dagRuns/([^/]+)/taskInstances", path):
            place = [unquote(part) for part in tasks.groups()]
            found = [each for each in self.tasks if [each["dag_id"], each["dag_run_id"]] == place]
            return 200, _listed("task_instances", _since(found, params), params), {}
        if runs := re.fullmatch(r"/dags/([^/]+)/dagRuns", path):
            return self._of_runs(method, unquote(runs[1]), params, body)
        if "/logs/" in path:
            content = self.logs.get(unquote(path))
            return (404, {"detail": "no log"}, {}) if content is None else (200, {"content": content}, {})
        dag = next((dag for dag in self.dags if path == f"/dags/{dag['dag_id']}"), None)
        if dag is None:
            return 404, {"detail": "The DAG was not found"}, {}
        if method == "PATCH":
            dag["is_paused"] = body["is_paused"]
        return 200, dag, {}

    def _of_runs(
        self, method: str, dag_id: str, params: dict[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        if method == "POST":
            if self.is_v2 and "logical_date" not in body:
                return 422, {"detail": "logical_date is required"}, {}
            made = run(dag_id, f"manual__{len(self.runs)}", "queued", None)
            self.runs.append(made)
            return 200, made, {}
        found = [each for each in self.runs if dag_id in {"~", each["dag_id"]}]
        return 200, _listed("dag_runs", _since(found, params), params), {}


def _since(rows: list[dict[str, Any]], params: dict[str, str]) -> list[dict[str, Any]]:
    started, ended, state = (params.get(name, "") for name in ("start_date_gte", "end_date_gte", "state"))
    return [
        row
        for row in rows
        if (row["start_date"] or "") >= started
        and (row["end_date"] or "") >= ended
        and state in {"", row["state"]}
    ]


def _listed(name: str, rows: list[dict[str, Any]], params: dict[str, str]) -> dict[str, Any]:
    if (order := params.get("order_by")) in {"-start_date", "-end_date"}:
        rows = sorted(rows, key=lambda row: row[order[1:]] or "", reverse=True)
    first, limit = int(params.get("offset", 0)), min(int(params.get("limit", 100)), 100)
    return {name: rows[first : first + limit], "total_entries": len(rows)}


@contextmanager
def running(airflow: FakeAirflow) -> Iterator[FakeAirflow]:
    """It listens at a free port of this machine, and no longer afterwards."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            airflow.answers.wait()
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            params = {name: values[0] for name, values in parse_qs(url.query).items()}
            sent = self.headers.get("Authorization", "")
            status, content, headers = airflow.answer(self.command, url.path, params, body, sent)
            data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            try:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                # Whoever asked has gone.
                self.close_connection = True

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the library's names

        def log_message(self, *_arguments: object) -> None:
            """Nobody reads it."""

    airflow.answers.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        airflow.base_url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield airflow
        finally:
            airflow.answers.set()
            server.shutdown()
            thread.join()
