"""The data of a run, in a folder that is gone afterwards, and the requests that callers send to it."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tests.benchmarks.load import Request
from tests.benchmarks.seed import AIRFLOW_PORT
from tests.benchmarks.servers import FAKE_AIRFLOW, GATEWAY, ROOT, Candidate, fetch

PEERS: Final = ("oauth-toolkit", "knox", "api-key", "ninja")
FORM: Final = "Content-Type: application/x-www-form-urlencoded"
LIMITS: Final = "tests.benchmarks.limits.settings"


@dataclass(frozen=True)
class Stage:
    """The candidates and what to ask them."""

    folder: Path
    seed: dict[str, Any]
    peer_headers: dict[str, str]

    @property
    def ours(self) -> Candidate:
        return Candidate("Cloud UI", 9120, "cloudui.settings", self.folder / "ours")

    @property
    def ours_with_a_million(self) -> Candidate:
        return Candidate("Cloud UI, 1,000,000 keys", 9121, "cloudui.settings", self.folder / "million")

    @property
    def without_argon2(self) -> Candidate:
        application = "tests.benchmarks.without_argon2:application"
        return Candidate("without argon2", 9122, "cloudui.settings", self.folder / "ours", application)

    def limit(self, name: str) -> Candidate:
        port = {"bare": 9123, "page": 9124, "admin": 9125}[name]
        return Candidate(name, port, LIMITS, self.folder / "ours", environment={"BENCH_LIMIT": name})

    @property
    def gateway(self) -> Candidate:
        # It believes tokens of our server, and is at a port of its own.
        variables = {"PUBLIC_URL": f"http://localhost:{self.ours.port}", "GATEWAY_PORT": "9128"}
        return Candidate("gateway", 9128, "cloudui.settings", self.ours.data, GATEWAY, variables)

    @property
    def airflow(self) -> Candidate:
        return Candidate("fake Airflow", AIRFLOW_PORT, "cloudui.settings", self.folder / "ours", FAKE_AIRFLOW)

    @property
    def peers(self) -> Candidate:
        application = "django.core.wsgi:get_wsgi_application"
        return Candidate("peers", 9126, "tests.benchmarks.peers.settings", self.folder / "peers", application)

    @property
    def page(self) -> list[Request]:
        return [Request(self.seed["page"], headers=(f"Cookie: {self.seed['cookie']}",))]

    @property
    def admin_page(self) -> list[Request]:
        return [Request("/admin/apikeys/apikey/", headers=(f"Cookie: {self.seed['cookie']}",))]

    @property
    def bare(self) -> list[Request]:
        return [Request("/v1/bare")]

    def exchanges(self, which: str) -> list[Request]:
        """`many`: each secret once; `few`: again and again; `forged`: never issued."""
        if which == "forged":
            pairs = [
                (key, secret) for (key, _), secret in zip(self.seed["few"], self.seed["forged"], strict=True)
            ]
        else:
            pairs = self.seed[which]
        return [_exchange(key, secret) for key, secret in pairs]

    def whoami(self) -> list[Request]:
        """With a fresh token of each of the few keys; our server must be running."""
        answers = [fetch(self.ours.port, request) for request in self.exchanges("few")]
        tokens = [json.loads(body)["access_token"] for _, body in answers]
        return [Request("/v1/whoami", headers=(f"Authorization: Bearer {token}",)) for token in tokens]

    def calls(self) -> list[Request]:
        """The same for the Airflow REST API, at the gateway and at Airflow itself."""
        path = f"/airflow/{self.seed['release_name']}/api/v1/dags"
        return [Request(path, headers=request.headers) for request in self.whoami()]

    def peer_whoami(self, peer: str) -> list[Request]:
        return [Request(f"/{peer}/whoami", headers=(f"Authorization: {self.peer_headers[peer]}",))]

    @property
    def peer_exchange(self) -> list[Request]:
        return [_exchange("pipeline", "x" * 43)]

    def forget_use(self) -> None:
        """Make every first exchange a first one again; no server may be running."""
        connection = sqlite3.connect(self.ours.data / "cloudui.sqlite3")
        with connection:
            connection.execute(
                "UPDATE apikeys_apikeysecret SET first_used_at = NULL, last_used_at = NULL WHERE key_id IN "
                "(SELECT key_id FROM apikeys_apikey WHERE name LIKE 'many %')"
            )
        connection.close()


@contextmanager
def set_up(*, secrets: int) -> Iterator[Stage]:
    """Make three installations: ours with few keys and with a million, and the peers'."""
    with tempfile.TemporaryDirectory(prefix="cloudui-bench-") as name:
        stage = Stage(folder=Path(name), seed={}, peer_headers={})
        stage.peers.data.mkdir()
        _run(stage.ours, "manage.py", "prepare")
        stage.seed.update(json.loads(_run(stage.ours, "-m", "tests.benchmarks.seed", str(secrets))))
        shutil.copytree(stage.ours.data, stage.ours_with_a_million.data)
        deployment = stage.seed["deployment"]
        _run(stage.ours_with_a_million, "-m", "tests.benchmarks.seed", "--million", deployment)
        stage.peer_headers.update(json.loads(_run(stage.peers, "-m", "tests.benchmarks.peers.seed")))
        yield stage


def _exchange(key: str, secret: str) -> Request:
    form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    return Request("/oauth/token", "POST", (FORM,), urlencode(form))


def _run(candidate: Candidate, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=ROOT,
        env=candidate.variables(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
