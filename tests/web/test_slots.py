"""The slots in which argon2 runs: how many at once, how long one waits, and what one must not hold meanwhile."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from cloudui.web import hashers, slots
from cloudui.web.slots import SlotsBusy, argon2_slot

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _two_slots_of_our_own(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.ARGON2_SLOTS = 2


@pytest.mark.threat("T-E2")
def test_no_more_run_at_once_than_there_are_slots_whatever_the_process_and_thread(tmp_path):
    code = (
        "import pathlib, sys, threading, time\n"
        "from django.conf import settings\n"
        "settings.configure(DATA_DIR=pathlib.Path(sys.argv[1]), ARGON2_SLOTS=2)\n"
        "from cloudui.web.slots import argon2_slot\n"
        "def work():\n"
        "    for _ in range(5):\n"
        "        with argon2_slot():\n"
        "            start = time.monotonic(); time.sleep(0.005); end = time.monotonic()\n"
        "        sys.stdout.write(f'{start} {end}\\n')\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    lines = "".join(process.communicate(timeout=120)[0] for process in processes).splitlines()
    spans = [tuple(map(float, line.split())) for line in lines]

    assert len(spans) == 3 * 4 * 5
    changes = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    running, most = 0, 0
    for _, change in changes:
        running += change
        most = max(most, running)
    assert most == 2


@pytest.mark.threat("T-E2")
def test_the_forty_ninth_who_would_wait_is_told_at_once_to_come_back(tmp_path):
    done: list[str] = []

    def wait():
        with argon2_slot():
            done.append("ran")

    with argon2_slot(), argon2_slot():
        threads = [threading.Thread(target=wait) for _ in range(48)]
        for thread in threads:
            thread.start()
        queue = slots._slots(tmp_path, 2)
        while queue._room._value:
            time.sleep(0.001)
        start = time.monotonic()

        with pytest.raises(SlotsBusy) as busy, argon2_slot():
            pass

        assert time.monotonic() - start < 1
        assert busy.value.retry_after == 2
        assert done == []
    for thread in threads:
        thread.join(timeout=30)
    assert done == ["ran"] * 48


def test_waiting_ends_after_ten_seconds_when_no_slot_comes_free(monkeypatch):
    assert slots.WAIT_SECONDS == 10
    monkeypatch.setattr(slots, "WAIT_SECONDS", 0.05)

    with argon2_slot(), argon2_slot(), pytest.raises(SlotsBusy), argon2_slot():
        pass


def test_a_slot_comes_free_when_argon2_fails(monkeypatch):
    monkeypatch.setattr(slots, "WAIT_SECONDS", 0)

    for _ in range(3):
        with pytest.raises(MemoryError), argon2_slot():
            raise MemoryError
    with argon2_slot(), argon2_slot():
        pass


def test_there_is_a_slot_for_each_core_unless_a_setting_says_otherwise(settings, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 3, 5})

    settings.ARGON2_SLOTS = 0
    assert slots.slot_count() == 3
    settings.ARGON2_SLOTS = 7
    assert slots.slot_count() == 7


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_refuses_because_all_writers_would_wait_unless_the_code_is_not_ours():
    refused = pytest.raises(RuntimeError, match="must not run inside a database transaction")
    with transaction.atomic(), refused, argon2_slot():
        pass
    with transaction.atomic(), argon2_slot(allow_transaction=True):
        pass


@pytest.mark.django_db
def test_the_transaction_around_a_test_is_not_the_codes_doing():
    with argon2_slot():
        pass
    with transaction.atomic(), pytest.raises(RuntimeError), argon2_slot():
        pass


def test_a_pooled_connection_goes_back_before_the_wait(monkeypatch):
    closed = []

    def connection(name, *, options, is_in_transaction=False):
        return SimpleNamespace(
            settings_dict={"OPTIONS": options},
            in_atomic_block=is_in_transaction,
            atomic_blocks=[],
            close=lambda: closed.append(name),
        )

    every = [
        connection("pooled", options={"pool": {"max_size": 8}}),
        connection("busy", options={"pool": {"max_size": 8}}, is_in_transaction=True),
        connection("own", options={"timeout": 20}),
    ]
    monkeypatch.setattr(slots, "connections", SimpleNamespace(all=lambda **_only: every))

    with argon2_slot():
        assert closed == ["pooled"]


def test_passwords_are_hashed_and_checked_in_a_slot(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["cloudui.web.hashers.Argon2Hasher"]
    entered = []

    def counting(*, allow_transaction=False):
        entered.append(allow_transaction)
        return argon2_slot(allow_transaction=allow_transaction)

    monkeypatch.setattr(hashers, "argon2_slot", counting)

    encoded = make_password("correct horse")

    assert entered == [True]
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("correct horse", encoded)
    assert not check_password("battery staple", encoded)
    assert len(entered) == 3


def test_a_password_with_other_parameters_is_hashed_again_on_sign_in(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    old = make_password("correct horse")
    settings.PASSWORD_HASHERS = ["cloudui.web.hashers.Argon2Hasher"]
    again: list[str] = []

    assert check_password("correct horse", old, setter=again.append)
    assert again == ["correct horse"]
