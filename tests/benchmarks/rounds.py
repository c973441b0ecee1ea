"""What is measured: one round goes through all candidates, so that whatever else the machine does hits all of them."""

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.benchmarks import raw_argon2
from tests.benchmarks.load import Measured, Request, flood, press
from tests.benchmarks.servers import Candidate, fetch, serving
from tests.benchmarks.stage import PEERS, Stage

WRITERS: Final = 8
WRITER: Final = Path(__file__).parents[1] / "web" / "sqlite_writer.py"
COUNTER: Final = (
    "PRAGMA journal_mode=WAL; CREATE TABLE counter (total INTEGER); INSERT INTO counter VALUES (0);"
    "CREATE TABLE event (id INTEGER PRIMARY KEY, note TEXT)"
)
START_SECONDS: Final = 2
# As long as 200 a second need with this many callers.
FORGERS: Final = 32
FORGERS_PAUSE: Final = 160


@dataclass
class Results:
    """All cells of all rounds, by name."""

    seconds: int
    cells: dict[str, list[Measured]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)

    def rate(self, name: str) -> float:
        """The median of the rounds, a second."""
        return median(cell.rate for cell in self.cells[name])

    def p50(self, name: str) -> float:
        """The median of the rounds' medians, in milliseconds."""
        return median(cell.p50 for cell in self.cells[name])

    def p95(self, name: str) -> float:
        """The median of the rounds, in milliseconds."""
        return median(cell.p95 for cell in self.cells[name])

    def add(self, name: str, cell: Measured) -> None:
        """Keep a cell, and show it: a run that is stopped has told what it saw."""
        sys.stderr.write(f"{name}: {cell.rate:,.1f}/s, p95 {cell.p95:.1f} ms\n")
        self.cells[name].append(cell)

    def measure(
        self, name: str, port: int, requests: Sequence[Request], *, callers: int, status: int = 200
    ) -> None:
        """Ask once, which also warms up, then press; an answer other than expected is told in the end."""
        got, _ = fetch(port, requests[-1])
        if got != status:
            self.wrong.append(f"{name}: {got} instead of {status}")
            return
        cell = press(port, requests, callers=callers, seconds=self.seconds)
        if cell.broken or (cell.refused and status < 400):
            self.wrong.append(f"{name}: {cell.refused} refused and {cell.broken} broken of {cell.requests}")
        self.add(name, cell)


def measure_round(stage: Stage, results: Results) -> None:
    _measure_argon2(results)
    _measure_start(stage, results)
    _measure_ours(stage, results)
    _measure_candidate(stage.without_argon2, results, ("again, no argon2", stage.exchanges("few"), 8))
    bare = stage.bare
    _measure_candidate(
        stage.limit("bare"), results, ("bare, 8 callers", bare, 8), ("bare, 16 callers", bare, 16)
    )
    _measure_candidate(stage.limit("page"), results, ("minimal page", stage.page, 8))
    _measure_candidate(stage.limit("admin"), results, ("admin page", stage.admin_page, 8))
    _measure_candidate(stage.ours_with_a_million, results, ("page of a million", stage.page, 8))
    _measure_candidate(
        stage.peers,
        results,
        *((f"{peer} bearer", stage.peer_whoami(peer), 16) for peer in PEERS),
        ("oauth-toolkit exchange", stage.peer_exchange, 8),
    )
    measure_gateway(stage, results)
    _measure_floods(stage, results)


def measure_gateway(stage: Stage, results: Results) -> None:
    """What the gateway costs beside an Airflow that answers at once."""
    with serving(stage.ours), serving(stage.airflow), serving(stage.gateway):
        calls = stage.calls()
        for name, port in (("gateway", stage.gateway.port), ("fake Airflow", stage.airflow.port)):
            results.measure(name, port, calls, callers=16)
            results.measure(f"{name}, one caller", port, calls, callers=1)


def _measure_candidate(
    candidate: Candidate, results: Results, *cells: tuple[str, Sequence[Request], int]
) -> None:
    with serving(candidate):
        for name, requests, callers in cells:
            results.measure(name, candidate.port, requests, callers=callers)


def _measure_ours(stage: Stage, results: Results) -> None:
    port = stage.ours.port
    stage.forget_use()
    with serving(stage.ours):
        results.measure("first exchange", port, stage.exchanges("many"), callers=8)
        few = stage.exchanges("few")
        press(port, few, callers=8, seconds=1)  # both processes verify each secret once
        results.measure("exchange again", port, few, callers=8)
        results.measure("whoami", port, stage.whoami(), callers=16)
        results.measure("page", port, stage.page, callers=8)
        # The first 30 of a minute get 401, the others 429.
        results.measure("forged exchange", port, stage.exchanges("forged"), callers=8, status=401)


def _measure_start(stage: Stage, results: Results) -> None:
    """From the moment when the server answers at all: who comes first may not wait for what all need."""
    with serving(stage.ours):
        for name, seconds in (("page after a start", START_SECONDS), ("page later", results.seconds)):
            results.add(name, press(stage.ours.port, stage.page, callers=8, seconds=seconds))


def _measure_floods(stage: Stage, results: Results) -> None:
    port, page, longer = stage.ours.port, stage.page, results.seconds + 10
    stage.forget_use()
    with serving(stage.ours):
        press(port, page, callers=2, seconds=1)
        results.add("page at rest", press(port, page, callers=2, seconds=results.seconds))
        with flood(port, stage.exchanges("forged"), callers=FORGERS, seconds=longer, pause=FORGERS_PAUSE):
            time.sleep(0.5)
            results.add("page, forged flood", press(port, page, callers=2, seconds=results.seconds))
        with flood(port, stage.exchanges("many"), callers=FORGERS, seconds=longer, pause=0):
            time.sleep(0.5)
            results.add("page, genuine flood", press(port, page, callers=2, seconds=results.seconds))


def _measure_argon2(results: Results) -> None:
    command = [sys.executable, str(raw_argon2.__file__), str(results.seconds)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    results.add("raw argon2", Measured(**json.loads(output)))


def measure_writers(seconds: int) -> list[dict[str, Any]]:
    """Eight processes read and write the same row of a SQLite file; what each of them saw."""
    import sqlite3

    with TemporaryDirectory() as folder:
        file = Path(folder) / "writers.sqlite3"
        connection = sqlite3.connect(file)
        connection.executescript(COUNTER)
        connection.close()
        command = [sys.executable, str(WRITER), str(file), str(seconds), "read-then-write"]
        environment = {"PYTHONPATH": str(WRITER.parents[2])}
        writers = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
            for _ in range(WRITERS)
        ]
        return [json.loads(writer.communicate()[0]) for writer in writers]
