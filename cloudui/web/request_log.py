"""One line for each request, off the way of the request. Here it is counted too.

A request costs about a tenth of a millisecond, and a line through `logging` a tenth of that. So whoever answers only
puts down what happened (`record`), and a thread of the process writes the lines, several at once. A server that is
killed loses those of its last moment. Where the thread was not started, as in tests, each is written at once.
"""

import functools
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.util import Finalize
from typing import Final, NamedTuple

from django.conf import settings

from cloudui.web import logs, metrics

PAUSE_SECONDS: Final = 0.2
# Beyond it whoever answers writes: nothing is lost, and memory does not grow, however slowly the lines are taken.
MOST_WAITING: Final = 2000
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

NAME: Final = "cloudui.requests"

logger = logging.getLogger(NAME)


class Answered(NamedTuple):
    """A request and its answer.

    Attributes:
        at: when it was answered, in seconds since the epoch.
        seconds: how long that took.
        route: the pattern of its URL.
    """

    at: float
    seconds: float
    request_id: str
    caller_kind: str
    caller_id: str
    route: str
    method: str
    status: int


_waiting: Final[deque[Answered]] = deque()
_awake: Final = threading.Event()
_one_at_a_time: Final = threading.Lock()
_is_started = False


def record(answered: Answered) -> None:
    """Have the line of a request written, soon."""
    _waiting.append(answered)
    if not _is_started or len(_waiting) > MOST_WAITING:
        write_waiting()
    elif not _awake.is_set():
        _awake.set()


def method_of(name: str | None) -> str:
    """A method as lines and metrics have it: a caller may name any, and there are few."""
    return name if name in METHODS else "other"


def write_regularly() -> None:
    """Have a thread of this process write the lines from now on, and what is left when it ends; once."""
    global _is_started  # noqa: PLW0603 - of the process, as its thread is
    _is_started = True

    def run() -> None:
        while True:
            _awake.wait()
            time.sleep(PAUSE_SECONDS)
            _awake.clear()
            try:
                write_waiting()
            except Exception:
                logger.exception("The lines of requests could not be written")

    threading.Thread(target=run, name="lines", daemon=True).start()
    # As apikeys.usage has it: also in a worker that was forked.
    Finalize(None, write_waiting, exitpriority=0)


def write_waiting() -> None:
    """Write the lines that wait."""
    with _one_at_a_time:
        batch = [_waiting.popleft() for _ in range(len(_waiting))]
    if logger.isEnabledFor(logging.INFO):
        _write(batch)
    else:
        _write([each for each in batch if each.status >= 500])
    metrics.count_requests((each.route, each.method, each.status, each.seconds) for each in batch)


def _write(batch: Sequence[Answered]) -> None:
    if not batch or not logger.isEnabledFor(logging.ERROR):
        return
    line = _json if settings.LOG_FORMAT == "json" else _text
    lines = "\n".join([line(each) for each in batch])
    written = logging.LogRecord(logger.name, logging.INFO, __file__, 0, "%d requests", (len(batch),), None)
    written.lines = lines
    logger.handle(written)


def _text(each: Answered) -> str:
    level = "error" if each.status >= 500 else "info"
    caller = f"{each.caller_kind}:{each.caller_id}" if each.caller_id else each.caller_kind
    return (
        f"{_time(each.at)} {level} {NAME} request_id={each.request_id} caller={caller} "
        f"route={_quoted(each.route)} method={each.method} status={each.status} ms={each.seconds * 1000:.1f}"
    )


def _json(each: Answered) -> str:
    level = "error" if each.status >= 500 else "info"
    return (
        f'{{"time": "{_time(each.at)}", "level": "{level}", "logger": "{NAME}", "message": "request", '
        f'"request_id": "{each.request_id}", "caller_kind": "{each.caller_kind}", '
        f'"caller_id": "{each.caller_id}", "route": {_json_string(each.route)}, '
        f'"method": "{each.method}", "status": {each.status}, "ms": {each.seconds * 1000:.1f}}}'
    )


def _time(at: float) -> str:
    second, milliseconds = divmod(int(at * 1000), 1000)
    return f"{_second(second)}.{milliseconds:03d}Z"


@functools.lru_cache(maxsize=4)
def _second(second: int) -> str:
    return logs.timestamp(second)[:-5]


# There are as many as routes.
_quoted: Final = functools.lru_cache(maxsize=1024)(logs.quote)


@functools.lru_cache(maxsize=1024)
def _json_string(route: str) -> str:
    return json.dumps(route)
