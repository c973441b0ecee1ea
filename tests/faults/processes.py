"""Whatever is killed is started again, and nothing is left behind."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.stage import Stage, prepared, require, wait_until


def check() -> Iterator[str]:
    with prepared() as stage:
        stage.start()
        wait_until(lambda: _pid(stage, "manage.py housekeeping"), "housekeeping does not start")
        yield _kill(stage, "web", "cloudui.server")
        yield _kill(stage, "housekeeping", "manage.py housekeeping")
        require("was ended by SIGKILL" in stage.log.read_text(), "Nothing says why it ended.")
        yield from _kill_worker(stage)
        yield from _kill_all(stage)


def _kill(stage: Stage, name: str, command: str) -> str:
    old, began = all_of(stage, command), time.monotonic()
    os.kill(old[0], signal.SIGKILL)
    wait_until(lambda: not set(old) & set(all_of(stage, command)), f"{name}: its rest lives")
    wait_until(lambda: all_of(stage, command), f"{name} is not started again")
    wait_until(lambda: stage.answers(stage.port), f"no answer after {name} was killed")
    return f"{name} was killed (with {len(old) - 1} below it) and runs again after {time.monotonic() - began:.1f} s"


def _kill_worker(stage: Stage) -> Iterator[str]:
    main, *workers = all_of(stage, "cloudui.server")
    os.kill(workers[-1], signal.SIGKILL)
    wait_until(lambda: len(all_of(stage, "cloudui.server")) == 1 + len(workers), "the worker is not replaced")
    wait_until(lambda: stage.answers(stage.port), "no answer after a worker was killed")
    require(all_of(stage, "cloudui.server")[0] == main, "The server was replaced too.")
    yield "a worker was killed and replaced"


def _kill_all(stage: Stage) -> Iterator[str]:
    assert stage.run is not None
    left = [*all_of(stage, "cloudui.server"), *all_of(stage, "manage.py housekeeping")]
    stage.run.kill()
    stage.run.wait()
    stage.start()
    now = [*all_of(stage, "cloudui.server"), *all_of(stage, "manage.py housekeeping")]
    require(not set(left) & set(now), "Something outlived the run.")
    yield f"the run was killed: none of {len(left)} processes outlived it, and the next run answers at the same port"


def _pid(stage: Stage, command: str) -> int | None:
    return next(iter(all_of(stage, command)), None)


def all_of(stage: Stage, command: str) -> list[int]:
    """The processes of this installation with this in their command, the oldest first."""
    found = []
    ours = f"CLOUDUI_DATA_DIR={stage.folder}/".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if (
                command in arguments
                and "sh -c" not in arguments
                and ours in (folder / "environ").read_bytes()
            ):
                started = int((folder / "stat").read_text().rpartition(") ")[2].split()[19])
                found.append((started, int(folder.name)))
        except OSError:
            continue
    return [pid for _, pid in sorted(found)]
