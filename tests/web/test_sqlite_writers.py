"""Several processes that write to one SQLite file at once: no error, and nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.sqlite_files import count, make_database, read

ROOT = Path(__file__).resolve().parents[2]
WRITER = Path(__file__).with_name("sqlite_writer.py")
SECONDS = 30 if os.environ.get("CLOUDUI_LONG") else 3


@pytest.fixture
def path(tmp_path):
    return make_database(tmp_path / "some.sqlite3")


def writers(path, seconds, *ways):
    processes = [
        subprocess.Popen(
            [sys.executable, str(WRITER), str(path), str(seconds), way],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for way in ways
    ]
    return [json.loads(process.communicate(timeout=seconds + 120)[0]) for process in processes]


def test_eight_processes_write_without_an_error_and_without_losing_a_count(path):
    ways = ["read-then-write"] * 5 + ["insert"] * 2 + ["statement"]

    reports = writers(path, SECONDS, *ways)

    print(  # noqa: T201 - a figure for whoever runs this with -s
        f"{sum(report['writes'] for report in reports)} writes in {SECONDS} s, "
        f"slowest {max(report['slowest'] for report in reports):.2f} s"
    )
    assert [report["errors"] for report in reports] == [[]] * 8
    assert all(report["writes"] for report in reports)
    assert read(path, "SELECT total FROM counter") == sum(report["writes"] for report in reports[:5])
    assert count(path) == sum(report["writes"] for report in reports)


def test_who_writes_statement_after_statement_lets_the_others_in(path):
    reports = writers(path, SECONDS, *["statement"] * 4, "insert", "read-then-write")

    assert [report["errors"] for report in reports] == [[]] * 6
