"""Uploads at once on a small disk: it is never filled, sign-in works throughout, and nothing is lost.

The disk is a tmpfs, which root may mount.
"""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import requests

from tests.faults.deploys import archive
from tests.faults.stage import Stage, prepared, python, require, wait_until

MIB: Final = 1024 * 1024
DISK_MIB: Final = 512
RESERVE_MIB: Final = 64
QUOTA_MIB: Final = 192
# What each of three uploads writes between two looks at the disk.
SLACK_MIB: Final = 3 * 4
LARGE_MIB: Final = 110
SECONDS: Final = 120
# The rate of sign-ins from one address is limited.
SIGN_IN_EVERY: Final = 2.5
PEOPLE_AND_KEYS: Final = """
import json, django
django.setup()
from deployments.models import Cluster, RuntimeRelease
from tests.factories import create_api_key, create_deployment, create_member
from workspaces.models import Role, Workspace
workspace = Workspace.objects.get()
person = create_member(workspace=workspace, role=Role.ADMIN, email="edda@example.com")
same = {"workspace": workspace, "cluster": Cluster.objects.first(), "runtime": RuntimeRelease.objects.first()}
issued = [create_api_key(create_deployment(name=f"Small {n}", **same), by=person) for n in range(5)]
print(json.dumps([[one.key.deployment_id, one.key.pk, one.secret.reveal()] for one in issued]))
"""
SIGN_IN: Final = {"login": "edda@example.com", "password": "correct horse battery"}


def check() -> Iterator[str]:
    with _disk() as disk:
        if disk is None:
            yield "not tried: only root may mount a tmpfs"
            return
        variables = {
            "TMPDIR": str(disk),
            "DISK_RESERVE_MIB": str(RESERVE_MIB),
            "DEPLOY_MIB_PER_DEPLOYMENT": str(QUOTA_MIB),
            "WEB_WORKERS": "2",
        }
        with prepared(disk, **variables) as stage:
            pipelines = [
                Pipeline(stage.port, *each) for each in json.loads(python(stage, "-c", PEOPLE_AND_KEYS))
            ]
            stage.start()
            with _signing_in(stage) as sign_ins:
                large = archive(LARGE_MIB * MIB)
                yield from _three_at_once(stage, pipelines[:3], large)
                # One or two of them have succeeded, and what follows needs the same space after either.
                subprocess.run(["mount", "-o", f"remount,size={2 * DISK_MIB}m", disk], check=True)
                yield from _filled_by_others(stage, pipelines[3], large)
                yield from _killed(stage, pipelines[3], large)
                yield from _one_key(stage, pipelines[4])
            for pipeline in pipelines:
                pipeline.require_kept()
            failed = [answer for answer in sign_ins if answer != "302 /"]
            require(sign_ins and not failed, f"Sign-ins failed: {failed[:3]}")
            yield f"{len(sign_ins)} sign-ins meanwhile, all of them successful"


class Pipeline:
    """What deploys with the key of one Deployment, and remembers what was answered with success."""

    def __init__(self, port: int, deployment: str, key: str, secret: str) -> None:
        self._port = port
        self._path = f"/v1/deployments/{deployment}/deploys"
        self._form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
        self._succeeded: list[str] = []

    def deploy(
        self, body: bytes, *, seconds: float = 0, middle: Callable[[], object] = lambda: None
    ) -> tuple[int, str]:
        """Send an archive in so many seconds, and return the status and the text of the answer."""
        connection = http.client.HTTPConnection("localhost", self._port, timeout=SECONDS)
        connection.putrequest("POST", self._path)
        for name, value in {**self._bearer(), "Content-Type": "application/octet-stream"}.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        # Where the answer comes before the end, it says why.
        with contextlib.suppress(OSError):
            for start in range(0, len(body), MIB):
                if start <= len(body) // 2 < start + MIB:
                    middle()
                connection.send(body[start : start + MIB])
                time.sleep(seconds * MIB / len(body))
        try:
            answer = connection.getresponse()
            status, text = answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, "cut"
        finally:
            connection.close()
        if status == 201:
            self._succeeded.append(json.loads(text)["id"])
        return status, text

    def listed(self) -> Any:
        url = f"http://localhost:{self._port}{self._path}"
        return _http().get(url, headers=self._bearer(), timeout=SECONDS).json()

    def require_kept(self) -> None:
        """Have the history know every success, and the store have the files of the last one."""
        rows = {row["id"]: row for row in self.listed()["items"]}
        require(
            all(rows[pk]["status"] == "SUCCEEDED" for pk in self._succeeded),
            "A deploy that succeeded is lost.",
        )
        require(
            not self._succeeded or rows[self._succeeded[-1]]["has_files"], "The files of a deploy are lost."
        )

    def _bearer(self) -> dict[str, str]:
        url = f"http://localhost:{self._port}/oauth/token"
        answer = _http().post(url, data=self._form, timeout=SECONDS)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _three_at_once(stage: Stage, pipelines: list[Pipeline], large: bytes) -> Iterator[str]:
    with _lowest(stage) as lowest, ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda pipeline: pipeline.deploy(large, seconds=5), pipelines))
    statuses = sorted(status for status, _ in answers)
    require(set(statuses) == {201, 507}, f"The answers were {answers}.")
    require(min(lowest) >= RESERVE_MIB - SLACK_MIB, f"Only {min(lowest)} MiB of the disk were left.")
    _require_clean(stage)
    yield (
        f"three uploads of {LARGE_MIB} MiB at once on a disk of {DISK_MIB} MiB: {statuses}, "
        f"and always {min(lowest)} MiB left"
    )


def _filled_by_others(stage: Stage, pipeline: Pipeline, large: bytes) -> Iterator[str]:
    other = stage.folder / "other"

    def fill() -> None:
        with other.open("ab") as file:
            os.posix_fallocate(file.fileno(), file.tell(), (_left(stage) - RESERVE_MIB // 2) * MIB)

    status, text = pipeline.deploy(large, seconds=2, middle=fill)
    require(status == 507 and "almost full" in text, f"The answer was {status} {text}.")
    # What there was of the upload is gone.
    fill()
    ready = _http().get(f"http://127.0.0.1:{stage.port}/readyz", timeout=SECONDS)
    require(ready.status_code == 200 and "disk almost full" in ready.text, f"/readyz says {ready.text}.")
    time.sleep(2 * SIGN_IN_EVERY)
    other.unlink()
    _require_clean(stage)
    yield "somebody filled the disk during an upload: 507, /readyz says so, and nothing of it is left"


def _killed(stage: Stage, pipeline: Pipeline, large: bytes) -> Iterator[str]:
    def kill() -> None:
        wait_until(lambda: _holders(stage), "nothing is reserved")
        for process in _holders(stage):
            os.kill(process, signal.SIGKILL)

    status, text = pipeline.deploy(large, seconds=2, middle=kill)
    require(status == 0, f"The answer was {status} {text}.")
    wait_until(lambda: stage.answers(stage.port), "no answer after a worker was killed")
    status, text = pipeline.deploy(large)
    require(status == 201, f"The next upload was {status} {text}.")
    _require_clean(stage)
    yield "a worker was killed during an upload: what it had reserved is free again"


def _one_key(stage: Stage, pipeline: Pipeline) -> Iterator[str]:
    answers = [pipeline.deploy(archive(60 * MIB))[0] for _ in range(4)]
    bomb = gzip.compress(archive(180 * MIB, filled_with=b"\0"))
    status, text = pipeline.deploy(bomb)
    require(
        answers == [201, 201, 201, 413] and status == 413, f"The answers were {answers}, {status} {text}."
    )
    require("DEPLOY_MIB_PER_DEPLOYMENT" in text, f"The refusal says {text}.")
    storage = pipeline.listed()["storage"]
    require(storage["stored_bytes"] <= storage["stored_bytes_limit"], f"It keeps {storage}.")
    _require_clean(stage)
    yield (
        f"one key: {answers}, {len(bomb) // 1024} KiB that unpack to 180 MiB: {status}; "
        f"it keeps {storage['stored_bytes'] // MIB} of {QUOTA_MIB} MiB"
    )


def _require_clean(stage: Stage) -> None:
    def left() -> list[Path]:
        of_uploads = [*stage.folder.glob("data/reservations/*"), *stage.folder.glob("data/dags/*/incoming/*")]
        return [*of_uploads, *(path for path in stage.folder.parent.iterdir() if path != stage.folder)]

    # The answer is sent before the last of it is released.
    wait_until(lambda: not left(), f"Something is left, such as {left()[:3]}", seconds=5)


def _holders(stage: Stage) -> set[int]:
    """The processes that have reserved something."""
    ledger = stage.folder / "data" / "reservations"
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if ledger in link.readlink().parents:
                found.add(int(link.parts[2]))
    return found


def _left(stage: Stage) -> int:
    system = os.statvfs(stage.folder)
    return system.f_bavail * system.f_frsize // MIB


@contextmanager
def _lowest(stage: Stage) -> Iterator[list[int]]:
    """How many MiB of the disk are left, again and again."""
    seen = [_left(stage)]
    with _repeated(lambda: seen.append(_left(stage)), every=0.005):
        yield seen


@contextmanager
def _signing_in(stage: Stage) -> Iterator[list[str]]:
    """Sign in again and again, and say where that led."""
    seen: list[str] = []
    with _repeated(lambda: seen.append(_sign_in(stage)), every=SIGN_IN_EVERY):
        yield seen


def _sign_in(stage: Stage) -> str:
    url = f"http://localhost:{stage.port}/account/login/"
    try:
        with _http() as browser:
            page = browser.get(url, timeout=SECONDS).text
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
            form = {**SIGN_IN, "csrfmiddlewaretoken": token[1] if token else ""}
            answer = browser.post(url, data=form, allow_redirects=False, timeout=SECONDS)
            return f"{answer.status_code} {answer.headers.get('Location', '')}"
    except requests.RequestException as error:
        return str(error)


@contextmanager
def _repeated(act: Callable[[], object], *, every: float) -> Iterator[None]:
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(every):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _http() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


@contextmanager
def _disk() -> Iterator[Path | None]:
    """A small disk, None where none can be mounted."""
    with tempfile.TemporaryDirectory(prefix="cloudui-disk-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", name]
        if os.geteuid() or subprocess.run(mount, check=False).returncode:
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)
