"""Redis is killed, stopped, filled and closed to us: everything works, and nobody waits for it."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests import redis_server
from tests.faults import callers
from tests.faults.callers import Answer, Ledger
from tests.faults.stage import Stage, prepared, require, wait_until
from tests.redis_server import RedisServer

# What Redis may cost in a request, and what a busy machine adds to an answer that takes some milliseconds at rest.
SOON: Final = 0.2
NOISE: Final = 0.15
GONE_LINE: Final = "Redis cannot be used"


def check() -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory(prefix="cloudui-redis-") as folder,
        redis_server.running(Path(folder)) as redis,
        # One worker, so that the first to ask it meets the fault.
        prepared(CACHE_URL=redis.url, WEB_WORKERS="1") as stage,
    ):
        callers.make_person(stage)
        stage.start()
        began = time.monotonic()
        callers.sign_in(stage, _url(stage))
        for fault in redis_server.FAULTS:
            yield _endure(stage, redis, fault)
            _recover(stage, redis)
        # The worker and housekeeping each have a line a minute.
        lines = stage.log.read_text().count(GONE_LINE)
        most = 2 * (1 + (time.monotonic() - began) // 60)
        require(0 < lines <= most, f"{lines} lines say that Redis is gone.")
        yield f"lines in the log that say that Redis is gone: {lines}"


def _endure(stage: Stage, redis: RedisServer, fault: Callable[[RedisServer], None]) -> str:
    name = fault.__name__
    at_rest = max(_times(stage))
    fault(redis)
    seconds = _times(stage)
    require(max(seconds) < SOON + NOISE + at_rest, f"{name}: an exchange took {max(seconds):.2f} s")
    ledger = Ledger()
    for kind in callers.ALL:
        caller = kind(stage, _url(stage), ledger)
        caller.act()
    require(len(ledger.successes) == len(callers.ALL), f"{name}: {ledger.statuses} {ledger.examples}")
    status, body = _ready(stage)
    is_away = name != "restarted"
    require(
        status == 200 and (b"cache unavailable" in body) == is_away, f"{name}: /readyz is {status} {body!r}"
    )
    return f"{name}: exchanges took {1000 * max(seconds):.0f} ms at most, everything works"


def _times(stage: Stage) -> list[float]:
    key, secret = stage.seed["few"][0]
    answers: list[Answer] = [callers.exchange(stage, _url(stage), key, secret) for _ in range(20)]
    bad = [answer.status for answer in answers if answer.status != 200]
    require(not bad, f"Exchanges were {bad}.")
    return [answer.seconds for answer in answers]


def _recover(stage: Stage, redis: RedisServer) -> None:
    redis.stop()
    redis.start()
    wait_until(lambda: b"cache" not in _ready(stage)[1], "Redis is not used again", seconds=10)


def _ready(stage: Stage) -> tuple[int, bytes]:
    answer = callers.ask(_url(stage), "GET", "/readyz", None, {})
    return answer.status, answer.body.encode()


def _url(stage: Stage) -> str:
    return f"http://127.0.0.1:{stage.port}"
