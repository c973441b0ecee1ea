"""Locked files that exclude threads and processes from each other."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cloudui.web.filelocks import FileLocks, HeldLock

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = "import os, pathlib, sys, threading, time; from cloudui.web.filelocks import FileLocks\n"
LOCKS = f"{IMPORTS}locks = FileLocks([pathlib.Path(sys.argv[1])], most_waiting=1); held = locks.acquire(timeout=0)\n"


@pytest.fixture
def two_files(tmp_path):
    return [tmp_path / "a", tmp_path / "b"]


@pytest.fixture
def locks(tmp_path):
    return FileLocks([tmp_path / "a"])


def hold(locks: FileLocks, *, timeout: float = 0) -> HeldLock:
    held = locks.acquire(timeout=timeout)
    assert held is not None
    return held


def run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def waiting(locks, *, number, timeout):
    """Threads that wait, and the list of what they got."""
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(locks.acquire(timeout=timeout))) for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    return threads, answers


def test_each_file_is_given_to_one_caller_and_then_there_is_none(two_files):
    locks = FileLocks(two_files)
    first, second = hold(locks), hold(locks)
    assert locks.acquire(timeout=0) is None

    first.release()

    hold(locks).release()
    second.release()


def test_other_processes_and_other_objects_of_this_one_count_too(two_files):
    holders = [hold(FileLocks(two_files)) for _ in range(2)]
    code = f"{IMPORTS}print(FileLocks([pathlib.Path(p) for p in sys.argv[1:]]).acquire(timeout=0.05))"

    assert FileLocks(two_files).acquire(timeout=0) is None
    assert run(code, *two_files) == "None\n"
    for holder in holders:
        holder.release()


def test_who_waits_gets_the_file_when_it_is_released(locks):
    threading.Timer(0.1, hold(locks).release).start()

    hold(locks, timeout=30).release()


def test_waiting_ends_after_the_timeout_for_the_head_of_the_queue_and_for_those_behind(locks):
    held, start = hold(locks), time.monotonic()
    threads, answers = waiting(locks, number=3, timeout=0.1)
    for thread in threads:
        thread.join(timeout=30)

    assert answers == [None, None, None]
    assert time.monotonic() - start < 10
    held.release()


def test_no_more_may_wait_than_was_said(tmp_path):
    locks = FileLocks([tmp_path / "a"], most_waiting=2)
    held = hold(locks)
    threads, answers = waiting(locks, number=2, timeout=1)
    while locks._room._value:
        time.sleep(0.001)

    start = time.monotonic()
    assert locks.acquire(timeout=30) is None
    assert time.monotonic() - start < 1

    for thread in threads:
        thread.join(timeout=30)
    held.release()
    assert answers == [None, None]


def test_releasing_twice_does_nothing_the_second_time(locks):
    held = hold(locks)

    held.release()
    again = hold(locks)
    held.release()

    assert locks.acquire(timeout=0) is None
    again.release()


def test_no_open_file_is_left_behind(two_files):
    locks = FileLocks(two_files)
    before = open_files()

    for _ in range(3):
        first, second = hold(locks), hold(locks)
        assert locks.acquire(timeout=0.01) is None
        first.release()
        second.release()

    assert open_files() == before


def test_a_folder_that_is_missing_is_an_error_and_leaves_nothing_open(tmp_path):
    locks = FileLocks([tmp_path / "a", tmp_path / "missing" / "b"])
    before = open_files()

    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            locks.acquire(timeout=0)
        assert open_files() == before


def test_a_process_that_is_killed_leaves_its_file_to_others(locks, tmp_path):
    code = f"{LOCKS}print('held', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code, str(tmp_path / "a")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert locks.acquire(timeout=0) is None
        process.kill()

    hold(locks, timeout=10).release()


FORKS = {
    "a child does not release what its parent holds": (
        """
if os.fork() == 0:
    held.release(); os._exit(0)
os.wait(); print('parent still holds', locks.acquire(timeout=0) is None)
held.release(); print('then free', locks.acquire(timeout=0) is not None)
""",
        "parent still holds True\nthen free True\n",
    ),
    "a child that keeps the open file does not keep the lock": (
        """
if (child := os.fork()) == 0:
    time.sleep(60); os._exit(0)
held.release(); print('free', locks.acquire(timeout=0) is not None)
os.kill(child, 9)
""",
        "free True\n",
    ),
    "a child made while another thread waits has a queue of its own": (
        """
threading.Thread(target=locks.acquire, kwargs={'timeout': 1}).start()
while locks._room._value: time.sleep(0.001)
if os.fork() == 0:
    print('free', locks._room._value, not locks._head.locked(), flush=True); os._exit(0)
os.wait()
""",
        "free 1 True\n",
    ),
}


@pytest.mark.parametrize(("code", "printed"), FORKS.values(), ids=FORKS)
def test_after_a_fork(tmp_path, code, printed):
    assert run(LOCKS + code, tmp_path / "a") == printed
