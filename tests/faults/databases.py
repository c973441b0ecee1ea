"""PostgreSQL and SQLite are killed, stopped, filled and locked: clear answers in time, and none fails afterwards."""

import contextlib
import http.client
import json
import secrets
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlencode

import psycopg

from tests import postgres_server
from tests.faults import callers
from tests.faults.stage import Stage, prepared, require, wait_until
from tests.postgres_server import PostgresServer

SOON: Final = 2.0
READY_SOON: Final = 1.0
MANY: Final = 200
FORM: Final = "application/x-www-form-urlencoded"


class Asked:
    """An answer, and how long it took."""

    def __init__(self, stage: Stage, name: str) -> None:
        method, path, body, headers = asking(stage)[name]
        connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=60)
        began = time.monotonic()
        connection.request(method, path, body, {"Host": f"localhost:{stage.port}", **headers})
        answer = connection.getresponse()
        answer.read()
        self.name = name
        self.seconds = time.monotonic() - began
        self.status = answer.status
        self.retry_after = answer.headers["Retry-After"]
        self.kind = answer.headers["Content-Type"].partition(";")[0]
        connection.close()

    def __repr__(self) -> str:
        return f"{self.name} {self.status} after {self.seconds:.2f} s"


def asking(stage: Stage) -> dict[str, tuple[str, str, str | None, dict[str, str]]]:
    key, secret = stage.seed["few"][0]
    form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    cookie = {"Cookie": stage.seed["cookie"]}
    bearer = {"Authorization": f"Bearer {stage.seed.get('token', '')}"}
    sent = {"Content-Type": FORM}
    variables = f"/v1/deployments/{stage.seed.get('pool', '')}/variables"
    change = {"set": [{"key": "CHANGED", "value": secrets.token_hex()}]}
    return {
        "page": ("GET", stage.seed["page"], None, cookie),
        "fragment": ("GET", stage.seed["page"], None, {**cookie, "HX-Request": "true"}),
        "sign-in page": ("GET", "/account/login/", None, cookie),
        "admin site": ("GET", "/admin/", None, cookie),
        "exchange": ("POST", "/oauth/token", urlencode(form), sent),
        "bearer": ("GET", "/v1/whoami", None, bearer),
        "variables": ("GET", variables, None, bearer),
        "change": ("PATCH", variables, json.dumps(change), {**bearer, "Content-Type": "application/json"}),
    }


KINDS: Final = {
    "page": "text/html",
    "fragment": "text/plain",
    "sign-in page": "text/html",
    "admin site": "text/html",
    "exchange": "application/json",
    "bearer": "application/json",
    "variables": "application/json",
    "change": "application/json",
}


def check() -> Iterator[str]:
    with postgres_server.running() as server, prepared(DATABASE_URL=server.url) as stage:
        stage.start()
        callers.sign_in(stage, f"http://127.0.0.1:{stage.port}")
        for name, stop in (
            ("fast", signal.SIGINT),
            ("immediate", signal.SIGQUIT),
            ("killed", signal.SIGKILL),
        ):
            yield _restart(stage, server, name, stop)
        yield from _gone(stage, server)
        yield from _hung(stage, server)
        yield from _crowded(stage, server)
        yield from _full(stage, server)
    with prepared() as stage:
        stage.start()
        callers.sign_in(stage, f"http://127.0.0.1:{stage.port}")
        yield from _locked(stage)


def _read(stage: Stage, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {stage.seed['token']}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def _ask_all(stage: Stage, times: int = 1, names: tuple[str, ...] = ()) -> list[Asked]:
    asked = (names or tuple(asking(stage))) * times
    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(lambda name: Asked(stage, name), asked))


def _require_all_work(stage: Stage, when: str, times: int = 5) -> None:
    bad = [asked for asked in _ask_all(stage, times) if asked.status >= 400]
    require(not bad, f"{when}: {bad}")


def _require_all_refused(stage: Stage, when: str, but: tuple[str, ...] = ()) -> float:
    names = tuple(name for name in asking(stage) if name not in but)
    longest = 0.0
    for asked in _ask_all(stage, 1, names) + [Asked(stage, name) for name in names]:
        require(asked.status == 503 and asked.retry_after, f"{when}: {asked}")
        require(asked.kind == KINDS[asked.name], f"{when}: {asked.name} is {asked.kind}")
        require(asked.seconds < SOON, f"{when}: {asked}")
        longest = max(longest, asked.seconds)
    return longest


def _restart(stage: Stage, server: PostgresServer, name: str, number: int) -> str:
    _require_all_work(stage, f"before the restart ({name})")
    server.stop(number)
    server.start()
    _require_all_work(stage, f"after the restart ({name})")
    return f"after a restart ({name}) none of {5 * len(KINDS)} requests failed"


def _gone(stage: Stage, server: PostgresServer) -> Iterator[str]:
    server.stop()
    longest = _require_all_refused(stage, "PostgreSQL is gone")
    yield f"gone: every address is 503 with Retry-After after {longest:.2f} s at most"
    yield _health(stage, "gone")
    for _ in range(8):
        _guess(stage)
    server.start()
    _require_all_work(stage, "after PostgreSQL was gone")
    yield "gone: no request failed afterwards"


def _hung(stage: Stage, server: PostgresServer) -> Iterator[str]:
    server.send_signal(signal.SIGSTOP)
    longest = _require_all_refused(stage, "PostgreSQL hangs")
    yield f"hung: every address is 503 with Retry-After after {longest:.2f} s at most"
    yield _health(stage, "hung")
    server.send_signal(signal.SIGCONT)
    server.wait()
    _require_all_work(stage, "after PostgreSQL hung")
    yield "hung: no request failed afterwards"


def _crowded(stage: Stage, server: PostgresServer) -> Iterator[str]:
    """All connections are others'; ours are ended."""
    others: list[psycopg.Connection[Any]] = []
    try:
        with server.connect() as ours:
            _take_all(server, others)
            ours.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND application_name <> 'taken' AND pid <> pg_backend_pid()"
            )
            _take_all(server, others)
        _take_all(server, others)
        answers = _ask_all(stage, 3)
        bad = [asked for asked in answers if asked.status not in {200, 302, 503} or asked.seconds > SOON]
        require(not bad, f"PostgreSQL takes no more connections: {bad}")
    finally:
        for other in others:
            other.close()
    wait_until(lambda: server.command("SELECT 1"), "PostgreSQL takes no connection")
    refused = sum(asked.status == 503 for asked in answers)
    _require_all_work(stage, "after PostgreSQL was crowded")
    yield f"crowded: {refused} of {len(answers)} were 503 and no other failed; none failed afterwards"


def _take_all(server: PostgresServer, others: list[psycopg.Connection[Any]]) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            others.append(server.connect(application_name="taken"))


def _full(stage: Stage, server: PostgresServer) -> Iterator[str]:
    """A full disk as the server says it: an error of this class at a write."""
    server.command(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'No space left on device'; END $$"
    )
    server.command(
        "CREATE TRIGGER full_disk BEFORE INSERT ON workspaces_auditevent EXECUTE FUNCTION full_disk()"
    )
    before = _read(stage, f"/v1/deployments/{stage.seed['pool']}/variables")
    asked = Asked(stage, "change")
    require(asked.status == 503 and asked.seconds < SOON, f"The disk is full: {asked}")
    after = _read(stage, f"/v1/deployments/{stage.seed['pool']}/variables")
    server.command("DROP FUNCTION full_disk() CASCADE")
    require(before == after, "Half a change was kept.")
    _require_all_work(stage, "after the disk was full")
    yield "full: the change was 503 and is not there"


def _locked(stage: Stage) -> Iterator[str]:
    path = stage.folder / "data/cloudui.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = _ask_all(stage, 6, ("change",)) + _ask_all(
            stage, 1, ("page", "bearer", "variables", "exchange")
        )
        other.execute("ROLLBACK")
    bad = [
        asked
        for asked in answers
        if asked.seconds > SOON
        or asked.status not in {200, 503}
        or (asked.name == "change") != (asked.status == 503)
    ]
    require(not bad, f"SQLite is locked: {bad}")
    _require_all_work(stage, "after SQLite was locked")
    yield "SQLite locked: changes are 503 within 2 s, and what only reads works"


def _guess(stage: Stage) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=60)
    connection.request("GET", "/account/login/")
    answer = connection.getresponse()
    answer.read()
    connection.close()


def _health(stage: Stage, when: str) -> str:
    """While many requests wait, the process says that it lives, and that it is not ready."""
    longest, statuses = {"/healthz": 0.0, "/readyz": 0.0}, set()
    with _waiting(stage):
        for _ in range(20):
            for path, before in longest.items():
                began = time.monotonic()
                status = _status(stage, path)
                longest[path] = max(before, time.monotonic() - began)
                statuses.add((path, status))
    require(statuses == {("/healthz", 200), ("/readyz", 503)}, f"{when}: {statuses}")
    require(longest["/healthz"] < 0.5, f"{when}: /healthz took {longest['/healthz']:.2f} s")
    require(longest["/readyz"] < READY_SOON, f"{when}: /readyz took {longest['/readyz']:.2f} s")
    return (
        f"{when}, {MANY} waiting: /healthz 200 within {longest['/healthz']:.2f} s, "
        f"/readyz 503 within {longest['/readyz']:.2f} s"
    )


def _status(stage: Stage, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@contextmanager
def _waiting(stage: Stage) -> Iterator[None]:
    """So many who ask again and again."""
    stop = threading.Event()
    failures: list[Any] = []

    def ask() -> None:
        # With a pause: what so many of one process measure is else their own wait for each other.
        while not stop.wait(0.3):
            asked = Asked(stage, "page")
            if asked.status != 503 or asked.seconds > SOON:
                failures.append(asked)

    threads = [threading.Thread(target=ask) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    require(not failures, f"{len(failures)} of those that waited: {failures[:3]}")
