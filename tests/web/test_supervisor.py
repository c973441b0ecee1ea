"""Programs are added, kept running and removed."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from cloudui.web.supervisor import Backoff, Program, Supervisor, describe

QUICK = Backoff(first_seconds=0.01, most_seconds=0.04)


@pytest.mark.parametrize(
    ("waited", "lived", "seconds"),
    [(0, 0, 1), (1, 0, 2), (2, 59, 4), (16, 1, 30), (30, 1, 30), (30, 60, 1), (4, 3600, 1)],
)
def test_it_waits_twice_as_long_each_time_and_anew_after_a_minute(waited, lived, seconds):
    assert Backoff().after(waited, lived=lived) == seconds


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "ended with status 0"),
        (3, "ended with status 3"),
        (-9, "was ended by SIGKILL"),
        (-63, "was ended by signal 63"),
    ],
)
def test_it_says_why(status, said):
    assert describe(status) == said


class Said(asyncio.Queue[tuple[str, str]]):
    def say(self, name, line):
        self.put_nowait((name, line))

    async def until(self, name, text):
        async with asyncio.timeout(15):
            while True:
                who, line = await self.get()
                if who == name and text in line:
                    return line


def run(test):
    async def _run():
        said = Said()
        supervisor = Supervisor(said.say, QUICK)
        try:
            await test(supervisor, said)
        finally:
            await supervisor.stop()

    # Not in this thread: Playwright keeps an event loop running in it for as long as a browser of the tests lives.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _run()).result()


def program(name, command, **options):
    return Program(name, command, {"PATH": os.environ["PATH"]}, **options)


def test_it_starts_again_and_waits_longer():
    async def test(supervisor, said):
        supervisor.add(program("short", "echo here; exit 3"))
        for seconds in ("0.01", "0.02", "0.04", "0.04"):
            await said.until("short", "here")
            assert seconds in await said.until("short", "ended with status 3")

    run(test)


def test_a_program_comes_and_goes_while_others_run():
    async def test(supervisor, said):
        supervisor.add(program("first", "echo $$; exec sleep 60"))
        first = int(await said.until("first", ""))
        supervisor.add(program("second", "echo $$; exec sleep 60"))
        second = int(await said.until("second", ""))
        with pytest.raises(ValueError, match="already"):
            supervisor.add(program("second", "true"))

        await supervisor.remove("second")

        with pytest.raises(ProcessLookupError):
            os.kill(second, 0)
        os.kill(first, 0)
        supervisor.add(program("second", "echo again; exec sleep 60"))
        await said.until("second", "again")

    run(test)


def test_what_does_not_end_when_told_is_killed():
    async def test(supervisor, said):
        supervisor.add(program("deaf", "trap '' TERM; echo $$; sleep 60", stop_seconds=0.1))
        deaf = int(await said.until("deaf", ""))

        await supervisor.remove("deaf")

        with pytest.raises(ProcessLookupError):
            os.kill(deaf, 0)

    run(test)


def test_what_cannot_be_started_is_tried_again():
    async def test(supervisor, said):
        supervisor.add(program("lost", "true", directory="/no/such/directory"))
        await said.until("lost", "could not be started")
        await said.until("lost", "could not be started")

    run(test)


def test_lines_of_any_length_and_in_any_bytes_are_shown():
    async def test(supervisor, said):
        supervisor.add(
            program(
                "long",
                "head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'a\\377b\\r\\nend'; exec sleep 60",
            )
        )
        assert set(await said.until("long", "xxx")) == {"x"}
        await said.until("long", "a\ufffdb")

    run(test)
