"""What processes print is kept, rotated, and read from its end."""

import pytest

from deployments.airflow.runner import logs
from deployments.airflow.runner.logs import Log
from deployments.airflow.runner.place import Place


@pytest.fixture
def log(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    place = Place("a-1")
    place.make("c1")
    log = Log(place, "scheduler")
    yield log
    log.close()


def test_the_last_lines_come_last(log):
    for number in range(5):
        log.write(f"line {number}")
    log.note("Stopped.")

    *before, last = logs.tail("a-1", "scheduler", lines=3)
    assert before == ["line 3", "line 4"]
    assert last.endswith("keeper: Stopped.")


def test_old_files_are_deleted_and_the_newest_read_on_into_them(log, monkeypatch):
    log._handler.maxBytes = 100
    for number in range(200):
        log.write(f"line {number:03}")

    folder = logs.path("a-1", "scheduler").parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "scheduler.log",
        "scheduler.log.1",
        "scheduler.log.2",
    ]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 400
    assert logs.tail("a-1", "scheduler", lines=15) == [f"line {number:03}" for number in range(185, 200)]


def test_any_bytes_are_written(log):
    log.write("half a character: \udcff")

    assert logs.tail("a-1", "scheduler") == ["half a character: ?"]


@pytest.mark.parametrize("component", ["../state", "state.json", ""])
def test_only_logs_are_read(log, component):
    with pytest.raises(ValueError, match="no process"):
        logs.tail("a-1", component)


def test_of_what_never_ran_there_are_none(log):
    assert logs.tail("a-1", "triggerer") == []
