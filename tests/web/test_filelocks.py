"""Locked files by which threads and processes take turns."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cloudui.web.filelocks import FileLocks

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def two_files(tmp_path):
    return [tmp_path / "a", tmp_path / "b"]


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_each_file_is_given_to_one_caller_and_then_there_is_none(two_files):
    locks = FileLocks(two_files)
    first, second = locks.acquire(timeout=0), locks.acquire(timeout=0)

    assert first is not None
    assert second is not None
    assert locks.acquire(timeout=0) is None

    first.release()
    third = locks.acquire(timeout=0)
    assert third is not None
    second.release()
    third.release()


def test_other_processes_and_other_objects_of_this_one_count_too(two_files):
    holders = [FileLocks(two_files).acquire(timeout=0) for _ in range(2)]
    code = (
        "import pathlib, sys; from cloudui.web.filelocks import FileLocks\n"
        "print(FileLocks([pathlib.Path(p) for p in sys.argv[1:]]).acquire(timeout=0.05))"
    )

    assert FileLocks(two_files).acquire(timeout=0) is None
    assert run(code, *two_files).stdout == "None\n"
    for holder in holders:
        assert holder is not None
        holder.release()


def test_who_waits_gets_the_file_when_it_is_released(tmp_path):
    locks = FileLocks([tmp_path / "a"])
    held = locks.acquire(timeout=0)
    assert held is not None
    threading.Timer(0.1, held.release).start()

    waited = locks.acquire(timeout=30)

    assert waited is not None
    waited.release()


def test_waiting_ends_after_the_timeout_for_the_head_of_the_queue_and_for_those_behind(tmp_path):
    locks = FileLocks([tmp_path / "a"])
    held = locks.acquire(timeout=0)
    assert held is not None
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(locks.acquire(timeout=0.1))) for _ in range(3)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert answers == [None, None, None]
    assert time.monotonic() - start < 10
    held.release()


def test_no_more_may_wait_than_was_said(tmp_path):
    locks = FileLocks([tmp_path / "a"], most_waiting=2)
    held = locks.acquire(timeout=0)
    assert held is not None
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(locks.acquire(timeout=1))) for _ in range(2)]
    for thread in threads:
        thread.start()
    while locks._room._value:
        time.sleep(0.001)

    start = time.monotonic()
    assert locks.acquire(timeout=30) is None
    assert time.monotonic() - start < 1

    for thread in threads:
        thread.join(timeout=30)
    held.release()
    assert answers == [None, None]


def test_releasing_twice_does_nothing_the_second_time(tmp_path):
    locks = FileLocks([tmp_path / "a"])
    held = locks.acquire(timeout=0)
    assert held is not None

    held.release()
    again = locks.acquire(timeout=0)
    held.release()

    assert locks.acquire(timeout=0) is None
    assert again is not None
    again.release()


def test_no_open_file_is_left_behind(two_files):
    locks = FileLocks(two_files)
    before = open_files()

    for _ in range(3):
        first, second = locks.acquire(timeout=0), locks.acquire(timeout=0)
        assert locks.acquire(timeout=0.01) is None
        for held in (first, second):
            assert held is not None
            held.release()

    assert open_files() == before


def test_a_folder_that_is_missing_is_an_error_and_leaves_nothing_open(tmp_path):
    locks = FileLocks([tmp_path / "a", tmp_path / "missing" / "b"])
    before = open_files()

    with pytest.raises(FileNotFoundError):
        locks.acquire(timeout=0)

    assert open_files() == before
    with pytest.raises(FileNotFoundError):
        locks.acquire(timeout=0)


def test_a_process_that_is_killed_leaves_its_file_to_others(tmp_path):
    code = (
        "import pathlib, sys, time; from cloudui.web.filelocks import FileLocks\n"
        "held = FileLocks([pathlib.Path(sys.argv[1])]).acquire(timeout=0)\n"
        "print('held', flush=True); time.sleep(60)"
    )
    locks = FileLocks([tmp_path / "a"])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "a")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert locks.acquire(timeout=0) is None
        process.kill()

    held = locks.acquire(timeout=10)
    assert held is not None
    held.release()


def test_a_forked_child_does_not_release_what_its_parent_holds(tmp_path):
    code = (
        "import os, pathlib, sys; from cloudui.web.filelocks import FileLocks\n"
        "locks = FileLocks([pathlib.Path(sys.argv[1])]); held = locks.acquire(timeout=0)\n"
        "if os.fork() == 0:\n"
        "    held.release(); os._exit(0)\n"
        "os.wait(); print('parent still holds', locks.acquire(timeout=0) is None)\n"
        "held.release(); print('then free', locks.acquire(timeout=0) is not None)"
    )

    assert run(code, tmp_path / "a").stdout == "parent still holds True\nthen free True\n"


def test_a_child_that_keeps_the_open_file_does_not_keep_the_lock(tmp_path):
    code = (
        "import os, pathlib, sys, time; from cloudui.web.filelocks import FileLocks\n"
        "locks = FileLocks([pathlib.Path(sys.argv[1])]); held = locks.acquire(timeout=0)\n"
        "if (child := os.fork()) == 0:\n"
        "    time.sleep(60); os._exit(0)\n"
        "held.release(); print('free', locks.acquire(timeout=0) is not None)\n"
        "os.kill(child, 9)"
    )

    assert run(code, tmp_path / "a").stdout == "free True\n"


def test_a_child_forked_while_another_thread_waits_has_a_queue_of_its_own(tmp_path):
    code = (
        "import os, pathlib, sys, threading, time; from cloudui.web.filelocks import FileLocks\n"
        "locks = FileLocks([pathlib.Path(sys.argv[1])], most_waiting=1); held = locks.acquire(timeout=0)\n"
        "threading.Thread(target=locks.acquire, kwargs={'timeout': 1}).start()\n"
        "while locks._room._value: time.sleep(0.001)\n"
        "if os.fork() == 0:\n"
        "    print('free', locks._room._value, not locks._head.locked(), flush=True); os._exit(0)\n"
        "os.wait()"
    )

    assert run(code, tmp_path / "a").stdout == "free 1 True\n"
