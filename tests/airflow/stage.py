"""A keeper of the tests' own database, and an Airflow to talk to."""

import functools
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import requests
from django.conf import settings
from django.db import connection

from cloudui.web.parents import end_with_parent
from deployments.airflow.accounts import unseal
from deployments.airflow.runner import processes, programs
from deployments.deploys.service import receive
from deployments.models import Airflow, AirflowRole, Deployment

ROOT: Final = Path(__file__).resolve().parents[2]
DAG: Final = Path(__file__).with_name("dag_one.py").read_text()
# Long, because the machine may be busy: what is waited for is a state, and this only ends what hangs.
SECONDS: Final = 240


def until(happened: Callable[[], Any], what: Callable[[], object] | str) -> Any:
    """Wait for a state and return what it is."""
    end = time.monotonic() + SECONDS
    while not (found := happened()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.3)
    return found


class Keeper:
    """`manage.py airflow` as a process."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "cloudui.settings",
            "CLOUDUI_DATA_DIR": str(settings.DATA_DIR),
            "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
            "AIRFLOW_ENVIRONMENTS": os.environ["AIRFLOW_TESTS"],
            "AIRFLOW_INSTALL": "off",
            "AIRFLOW_MEMORY_MIB": "0",
            "CONSOLE_SECRET": "the console's own",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "airflow"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=functools.partial(end_with_parent, parent=os.getpid()),  # noqa: PLW1509
            )

    def end(self, signum: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(signum)
        self.process.wait(SECONDS)

    def family(self) -> dict[int, str]:
        """What it has started, by process, with the command line of each."""
        own = self.process.pid
        found = processes.family(own, processes.table())
        return {each.id: processes.command_line(each.id) for each in found if each.id != own}

    def component(self, name: str) -> int:
        """Airflow's own process of this component."""
        for process in processes.table()[self.process.pid]:
            if processes.command_line(process.id).endswith(f"-m airflow {name} ") or (
                f"-m airflow {name} " in processes.command_line(process.id)
            ):
                return programs.airflow_process(process.id)
        return 0


class Client:
    """Airflow as an administrator of it, in the words of its version."""

    def __init__(self, deployment: Deployment) -> None:
        self._airflow = Airflow.objects.get(pk=deployment.pk)
        self._is_2 = deployment.runtime.airflow_version.startswith("2.")
        self.base = self._airflow.base_url + ("/api/v1" if self._is_2 else "/api/v2")
        self._session = requests.Session()
        self._session.trust_env = False
        account = unseal(self._airflow)[AirflowRole.ADMIN]
        if self._is_2:
            self._session.auth = (account.username, account.password)
        else:
            answer = self._session.post(
                f"{self._airflow.base_url}/auth/token",
                json={"username": account.username, "password": account.password},
                timeout=30,
            )
            self._session.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    @classmethod
    def of(cls, deployment: Deployment) -> "Client | None":
        """None if nobody answers there yet."""
        try:
            client = cls(deployment)
            client.get("/dags?limit=1")
        except requests.ConnectionError:
            return None
        return client

    def get(self, path: str) -> Any:
        answer = self._session.get(self.base + path, timeout=30, headers={"accept": "application/json"})
        return answer.json() if answer.status_code == 200 else {}

    def has_dag(self, name: str) -> bool:
        return bool(self.get(f"/dags/{name}"))

    def trigger(self, dag: str, run: str, conf: dict[str, Any] | None = None) -> None:
        self._session.patch(
            f"{self.base}/dags/{dag}?update_mask=is_paused", json={"is_paused": False}, timeout=30
        ).raise_for_status()
        body: Any = {"dag_run_id": run, "conf": conf or {}} | ({} if self._is_2 else {"logical_date": None})
        self._session.post(f"{self.base}/dags/{dag}/dagRuns", json=body, timeout=30).raise_for_status()

    def run(self, dag: str, run: str) -> Any:
        return self.get(f"/dags/{dag}/dagRuns/{run}")

    def finished(self, dag: str, run: str) -> str:
        """Wait for the end of a run; returns its state."""
        until(lambda: self.run(dag, run).get("state") in {"success", "failed"}, lambda: self.run(dag, run))
        return str(self.run(dag, run)["state"])

    def log(self, dag: str, run: str) -> str:
        path = f"/dags/{dag}/dagRuns/{run}/taskInstances/task/logs/1"
        return str(self.get(f"{path}?full_content=true"))

    def import_errors(self) -> str:
        return str(self.get("/importErrors"))


def deploy(principal: Any, deployment: Deployment, **files: str) -> str:
    """Deploy these files, as a pipeline does; returns the version."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{name}.py")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    packed.seek(0)
    return receive(principal, deployment, packed).version


def listening(process_ids: set[int]) -> set[str]:
    """The addresses at which these processes listen, as the system writes them."""
    inodes = set()
    for process_id in process_ids:
        for link in Path(f"/proc/{process_id}/fd").glob("*"):
            try:
                inodes.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].partition(":")[0])
    return found
