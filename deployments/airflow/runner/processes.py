"""What the system tells of processes: who started whom, and how much memory and processor they take. Linux only."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
CGROUP: Final = Path("/sys/fs/cgroup")
KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Process:
    """A process; `seconds` is the processor's time that it and its ended children have taken."""

    id: int
    parent: int
    name: str
    seconds: float


def table() -> dict[int, list[Process]]:
    """All processes that can be seen, by their parent."""
    found: dict[int, list[Process]] = defaultdict(list)
    with suppress(FileNotFoundError), os.scandir(PROC) as entries:
        for entry in entries:
            if entry.name.isdecimal() and (process := _read(int(entry.name))):
                found[process.parent].append(process)
    return found


def family(process_id: int, by_parent: dict[int, list[Process]]) -> Iterator[Process]:
    """A process and all that it has started, and what those have; nothing of one that has ended."""
    for process in chain.from_iterable(by_parent.values()):
        if process.id == process_id:
            yield process
    for child in by_parent.get(process_id, ()):
        yield from family(child.id, by_parent)


def command_line(process_id: int) -> str:
    """What a process says that it is, its arguments between blanks; empty if it has ended."""
    with suppress(OSError):
        return (PROC / str(process_id) / "cmdline").read_text(errors="replace").replace("\0", " ")
    return ""


def memory(process_id: int) -> int:
    """The memory of a process in bytes, what it shares divided by those who share it; 0 if it has ended."""
    with suppress(OSError, ValueError):
        for line in (PROC / str(process_id) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * KIB
    return 0


def available_memory() -> int | None:
    """How much memory may still be taken on this machine, or in this container; None where nobody tells."""
    known = []
    with suppress(OSError, StopIteration, ValueError):
        lines = (PROC / "meminfo").read_text().splitlines()
        known.append(int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) * KIB)
    with suppress(OSError, ValueError):
        # "max" is no number, and means that the container has no limit.
        limit = int((CGROUP / "memory.max").read_text())
        figures = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
        used = int((CGROUP / "memory.current").read_text()) - int(figures.get("inactive_file", 0))
        known.append(max(limit - used, 0))
    return min(known, default=None)


def _read(process_id: int) -> Process | None:
    try:
        line = (PROC / str(process_id) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name stands in brackets, and may have brackets and blanks in it.
    name, _, rest = line.partition("(")[2].rpartition(")")
    fields = rest.split()
    ticks = sum(int(field) for field in fields[11:15])
    return Process(process_id, int(fields[1]), name, ticks / os.sysconf("SC_CLK_TCK"))
