"""Space that is reserved: nobody else gets it, it ends with its holder, and the reserve stays."""

import gc
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from cloudui.web import disk
from cloudui.web.disk import MIB, NoSpace, is_full, require_space, reserve

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    return tmp_path


@pytest.fixture
def left(disk_with):
    return disk_with(100 * MIB)


def taken(folder: Path, size: int) -> bool | None:
    """None if there is space; otherwise whether others have reserved it."""
    try:
        require_space(folder, size)
    except NoSpace as error:
        return error.is_taken
    return None


def test_what_one_has_reserved_no_other_gets(folder, left):
    first = reserve(folder, 60 * MIB)
    assert (taken(folder, 40 * MIB), taken(folder, 41 * MIB), taken(folder, 101 * MIB)) == (None, True, False)
    first.release()
    assert taken(folder, 100 * MIB) is None


def test_what_is_written_counts_once(folder, left):
    space = reserve(folder, 60 * MIB)
    for _ in range(5):
        left.free -= 8 * MIB
        space.use(8 * MIB)
    assert (taken(folder, 40 * MIB), taken(folder, 41 * MIB)) == (None, True)


def test_who_writes_more_than_was_reserved_takes_it_from_nobody(folder, left):
    space = reserve(folder, 10 * MIB)
    left.free -= 30 * MIB
    space.use(30 * MIB)
    assert taken(folder, 70 * MIB) is None


def test_a_reservation_that_is_forgotten_ends(folder, left):
    reserve(folder, 60 * MIB)
    gc.collect()
    assert taken(folder, 100 * MIB) is None
    assert list((folder / "reservations").iterdir()) == []


def test_one_that_is_released_twice_or_used_after_it_ends_once(folder, left):
    space = reserve(folder, 60 * MIB)
    space.release()
    space.release()
    space.use(8 * MIB)
    assert taken(folder, 100 * MIB) is None


def test_a_disk_that_others_fill_stops_the_writer(folder, left):
    space = reserve(folder, 60 * MIB)
    left.clear()
    space.use(MIB)
    with pytest.raises(NoSpace, match="free space, then try again"):
        space.use(4 * MIB)
    assert is_full(folder)


def test_a_disk_without_room_for_files_is_full(folder, left):
    left.files = 8191
    assert (taken(folder, 1), is_full(folder)) == (False, True)
    left.files = 8192
    assert (taken(folder, 1), is_full(folder)) == (None, False)


def test_who_waits_gets_what_others_leave(folder, left, monkeypatch):
    first = reserve(folder, 60 * MIB)
    monkeypatch.setattr(disk.time, "sleep", lambda _seconds: first.release())
    reserve(folder, 60 * MIB, wait_seconds=10).release()
    left.clear()
    with pytest.raises(NoSpace):
        reserve(folder, 1, wait_seconds=10)


def test_a_folder_that_is_not_there_is_not_full(folder):
    assert not is_full(folder / "none")


# Processes

PROGRAM = """
import sys
from pathlib import Path
from cloudui.web import disk
try:
    space = disk.reserve(Path(sys.argv[1]), int(sys.argv[2]))
except disk.NoSpace as error:
    print("taken" if error.is_taken else "full", flush=True)
else:
    print("reserved", flush=True)
sys.stdin.read()
"""


def test_all_processes_share_the_disk_and_a_killed_one_leaves_its_part(folder, settings):
    system = os.statvfs(folder)
    part = (system.f_bavail * system.f_frsize - settings.DISK_RESERVE_MIB * MIB) * 3 // 10
    environment = {
        **os.environ,
        "CLOUDUI_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
    }
    command = [sys.executable, "-c", PROGRAM, str(folder), str(part)]
    with ExitStack() as processes:

        def start():
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            processes.callback(process.kill)
            return processes.enter_context(process)

        started = [start() for _ in range(6)]
        answers = [process.stdout.readline().strip() for process in started]
        assert sorted(answers) == ["reserved"] * 3 + ["taken"] * 3

        killed = started[answers.index("reserved")]
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert [start().stdout.readline().strip() for _ in range(2)] == ["reserved", "taken"]
