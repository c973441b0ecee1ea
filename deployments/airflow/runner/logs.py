"""What the processes of Airflows that run here print: kept on disk, the oldest deleted, and read from its end."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from deployments.airflow.runner.place import Place
from deployments.airflow.runner.programs import COMPONENTS

FILE_BYTES: Final = 5 * 1024 * 1024
OLD_FILES: Final = 2
# What the keeper itself did to an Airflow, and what the installation of one printed.
KEEPER: Final = "keeper"
NAMES: Final = frozenset(
    [KEEPER, *(component.name for components in COMPONENTS.values() for component in components)]
)


class Log:
    """Where one process writes, through the keeper."""

    def __init__(self, place: Place, component: str) -> None:
        self._handler = RotatingFileHandler(
            path(place.path.name, component),
            maxBytes=FILE_BYTES,
            backupCount=OLD_FILES,
            encoding="utf-8",
            delay=True,
        )

    def write(self, line: str) -> None:
        """Write a line; a disk that is full loses it, and stops nobody."""
        with suppress(OSError):
            self._handler.acquire()
            try:
                record = logging.makeLogRecord({"msg": line.encode(errors="replace").decode()})
                if self._handler.shouldRollover(record):
                    self._handler.doRollover()
                logging.FileHandler.emit(self._handler, record)
            finally:
                self._handler.release()

    def note(self, line: str) -> None:
        """Write a line of the keeper's own, with the time."""
        self.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} keeper: {line}")

    def close(self) -> None:
        self._handler.close()


def path(release_name: str, component: str) -> Path:
    """The newest file of a component. Raises ValueError for a name that is none."""
    if component not in NAMES:
        raise ValueError(f"{component!r} is no process of an Airflow.")
    return Place(release_name).logs / f"{component}.log"


def tail(release_name: str, component: str, *, lines: int = 200) -> list[str]:
    """The last lines that a process printed, the newest last; none if there are none."""
    newest = path(release_name, component)
    oldest_first = [newest.with_name(f"{newest.name}.{number}") for number in range(OLD_FILES, 0, -1)]
    return list(deque(chain.from_iterable(_lines(each) for each in [*oldest_first, newest]), maxlen=lines))


def _lines(file: Path) -> Iterator[str]:
    with suppress(FileNotFoundError), file.open(encoding="utf-8", errors="replace") as opened:
        for line in opened:
            yield line.rstrip("\n")
