"""Processes count together, and what they keep does not grow, however often one is killed and replaced."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from cloudui.web import metric_files

# Joins, counts once, holds a slot, and says what all have counted as often as it gets a line.
PROGRAM = """
import sys
from pathlib import Path
from cloudui.web import metric_files
metric_files.join(Path(sys.argv[1]))
from cloudui.web import metrics
metrics.count_exchange("issued")
metrics.ARGON2_IN_USE.inc()
metrics.count_requests([("/", "GET", 200, 0.02), ("/", "GET", 200, 5)])
for _ in sys.stdin:
    values = {s.name + str(s.labels): s.value for f in metrics.registry().collect() for s in f.samples}
    print(*(values.get(name) for name in (
        "cloudui_exchanges_total{'result': 'issued'}",
        "cloudui_argon2_slots_in_use{}",
        "cloudui_request_seconds_count{'route': '/', 'status': '200'}",
        "cloudui_request_seconds_sum{'route': '/', 'status': '200'}",
    )), flush=True)
"""


class Process:
    def __init__(self, popen):
        self.kill = popen.kill
        self.wait = popen.wait
        self._popen = popen

    def figures(self):
        self._popen.stdin.write("\n")
        self._popen.stdin.flush()
        return [float(each) for each in self._popen.stdout.readline().split()]


@contextmanager
def joined(directory):
    command = [sys.executable, "-c", PROGRAM, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as popen:
        process = Process(popen)
        process.figures()
        try:
            yield process
        finally:
            popen.kill()


def files_of(directory):
    return {file.name for file in directory.iterdir()}


def test_any_process_tells_the_figures_of_all(tmp_path):
    with joined(tmp_path) as first, joined(tmp_path) as second:
        assert first.figures() == second.figures() == [2, 2, 4, 10.04]


def test_what_a_process_counted_outlives_it_and_what_it_held_does_not(tmp_path):
    with joined(tmp_path) as first:
        with joined(tmp_path) as second:
            second.kill()
            second.wait()
        assert first.figures() == [2, 1, 4, 10.04]


def test_processes_that_are_killed_and_replaced_leave_no_more_than_one_did(tmp_path):
    with joined(tmp_path) as steady:
        with joined(tmp_path):
            at_first = files_of(tmp_path)
        for number in range(3, 6):
            with joined(tmp_path):
                assert files_of(tmp_path) == at_first
                assert steady.figures()[:2] == [number, 2]


def test_a_process_that_comes_before_the_other_has_gone_has_its_own(tmp_path):
    with joined(tmp_path) as old, joined(tmp_path) as new:
        old.kill()
        old.wait()
        assert new.figures()[:2] == [2, 1]
        with joined(tmp_path):
            assert len(files_of(tmp_path)) == 8


def test_a_file_that_is_broken_is_begun_anew(tmp_path):
    with joined(tmp_path):
        pass
    for file in tmp_path.glob("*.db"):
        file.write_bytes(b"\xff" * 100_000)

    with joined(tmp_path) as process:
        assert process.figures() == [1, 1, 2, 5.02]


def test_a_server_begins_anew(tmp_path):
    with joined(tmp_path):
        pass

    metric_files.clear(tmp_path)

    assert list(tmp_path.glob("*.db")) == []
    with joined(tmp_path) as process:
        assert process.figures()[:2] == [1, 1]


def test_space_is_taken_at_once(tmp_path):
    with joined(tmp_path):
        for file in tmp_path.glob("*.db"):
            kind = file.name.rpartition("_")[0]
            assert file.stat().st_blocks * 512 >= metric_files.ALLOCATED[kind]


def test_where_the_disk_does_not_take_it_a_process_counts_for_itself(tmp_path):
    (tmp_path / "file").write_text("")
    with joined(tmp_path / "file") as process:
        assert process.figures()[:2] == [1, 1]


def test_it_is_too_late_once_the_metrics_are_made(tmp_path):
    with pytest.raises(RuntimeError, match="was imported before"):
        metric_files.join(tmp_path)
