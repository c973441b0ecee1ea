"""Mixed traffic while a worker, Redis and PostgreSQL are killed in turn, and what was answered with success is there.

`python -m tests.faults traffic --minutes 10` starts all of it, behind nginx where there is one. An answer may be one of
success, a redirect, 502 from nginx or our 503, and nothing else.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from tests import postgres_server, redis_server
from tests.faults import callers
from tests.faults.callers import Caller, Ledger
from tests.faults.processes import all_of
from tests.faults.stage import Stage, nginx, prepared, require, wait_until
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

EVERY_SECONDS: Final = 30
AWAY_SECONDS: Final = 3
ALLOWED: Final = {200, 201, 302, 502, 503}
LIMITS: Final = {"API_KEYS_PER_DEPLOYMENT": "100000", "CHANGES_PER_MINUTE": "100000"}


def check(minutes: float = 10) -> Iterator[str]:
    with (
        postgres_server.running() as postgres,
        redis_server.running(postgres.folder.parent) as redis,
        prepared(None, DATABASE_URL=postgres.url, CACHE_URL=redis.url, WEB_WORKERS="2", **LIMITS) as stage,
    ):
        callers.make_person(stage)
        stage.start()
        with nginx(stage) as port:
            where = "behind nginx" if port else "without nginx, which is not installed"
            ledger = Ledger()
            callers.sign_in(stage, f"http://127.0.0.1:{stage.port}")
            kills = _press(stage, f"http://127.0.0.1:{port or stage.port}", ledger, postgres, redis, minutes)
            yield f"{minutes:g} minutes {where}: " + ", ".join(
                f"{name} killed {n} times" for name, n in kills.items()
            )
            yield "answers: " + ", ".join(
                f"{number} of {status}" for status, number in sorted(ledger.statuses.items())
            )
            yield "successes: " + ", ".join(
                f"{number} {name}" for name, number in sorted(ledger.successes.items())
            )
            yield "slowest: " + ", ".join(
                f"{status} after {seconds:.1f} s for {what}"
                for status, (seconds, what) in sorted(ledger.slowest.items())
            )
            bad = {status: number for status, number in ledger.statuses.items() if status not in ALLOWED}
            require(not bad, f"Answers that must not be: {bad}, such as {ledger.examples}")
            require(len(ledger.successes) == len(callers.ALL), f"Some never succeeded: {ledger.successes}")
            yield from _look(stage, postgres, ledger)


def _press(
    stage: Stage, url: str, ledger: Ledger, postgres: PostgresServer, redis: RedisServer, minutes: float
) -> Counter[str]:
    stop, kills = threading.Event(), Counter[str]()
    made: list[Caller] = [kind(stage, url, ledger) for kind in callers.ALL for _ in range(kind.number)]
    threads = [threading.Thread(target=caller.run, args=(stop,)) for caller in made]
    for thread in threads:
        thread.start()
    faults: dict[str, Callable[[], None]] = {
        "a worker": lambda: _kill_worker(stage),
        "Redis": lambda: _kill_redis(redis),
        "PostgreSQL": lambda: _kill_postgres(postgres),
    }
    end = time.monotonic() + 60 * minutes
    try:
        while time.monotonic() < end:
            for name, kill in faults.items():
                time.sleep(EVERY_SECONDS / len(faults) - (AWAY_SECONDS if name != "a worker" else 0))
                kill()
                kills[name] += 1
        time.sleep(EVERY_SECONDS / len(faults))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return kills


def _kill_worker(stage: Stage) -> None:
    _main, *workers = all_of(stage, "cloudui.server")
    if workers:
        os.kill(random.choice(workers), signal.SIGKILL)


def _kill_redis(redis: RedisServer) -> None:
    redis.stop()
    time.sleep(AWAY_SECONDS)
    redis.start()


def _kill_postgres(postgres: PostgresServer) -> None:
    postgres.stop(signal.SIGKILL)
    time.sleep(AWAY_SECONDS)
    postgres.start()


def _look(stage: Stage, postgres: PostgresServer, ledger: Ledger) -> Iterator[str]:
    """What was answered with success is there, with its event."""
    wait_until(lambda: stage.answers(stage.port), "no answer after it")
    keys = {row[0] for row in postgres.command("SELECT key_id FROM apikeys_apikey")}
    require(not ledger.keys.keys() - keys, f"Keys were lost: {ledger.keys.keys() - keys}")
    for key, secret in list(ledger.keys.items())[-20:]:
        status = callers.exchange(stage, f"http://127.0.0.1:{stage.port}", key, secret).status
        require(status == 200, f"The key {key} is {status}.")
    yield f"all {len(ledger.keys)} keys are there, and the last of them open"
    deploys = {
        row[0] for row in postgres.command("SELECT id FROM deployments_deploy WHERE status = 'SUCCEEDED'")
    }
    require(not ledger.deploys - deploys, f"Deploys were lost: {ledger.deploys - deploys}")
    yield f"all {len(ledger.deploys)} deploys are there"
    wrong = ledger.wrong_variables(callers.variables(stage, f"http://127.0.0.1:{stage.port}"))
    require(not wrong, f"Variables are not what was answered: {wrong}")
    yield f"all {len(ledger.variables)} variables are what was answered last"
    events = {row[0] for row in postgres.command("SELECT request_id FROM workspaces_auditevent")}
    require(not ledger.requests - events, f"Events were lost: {len(ledger.requests - events)}")
    yield f"all {len(ledger.requests)} changes have their events"
