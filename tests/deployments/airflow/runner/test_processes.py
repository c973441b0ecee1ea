"""What the system tells of processes."""

import os
import subprocess
import sys

import pytest

from deployments.airflow.runner import processes
from deployments.airflow.runner.processes import MIB


def test_a_process_its_children_and_what_they_take():
    with subprocess.Popen(
        [sys.executable, "-c", "import os; print(os.getpid(), flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        child.stdout.readline()

        family = {process.id: process for process in processes.family(os.getpid(), processes.table())}

        assert {os.getpid(), child.pid} <= family.keys()
        assert family[child.pid].parent == os.getpid()
        assert family[os.getpid()].seconds > 0
        assert MIB < processes.memory(child.pid) < 500 * MIB
        assert "input()" in processes.command_line(child.pid)
        child.stdin.close()
    assert processes.memory(child.pid) == 0
    assert processes.command_line(child.pid) == ""
    assert list(processes.family(child.pid, processes.table())) == []


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, 4000), ("max", 4000), (str(1000 * MIB), 700), (str(100 * MIB), 0), (str(9000 * MIB), 4000)],
)
def test_memory_that_is_left_in_the_machine_or_the_container(tmp_path, monkeypatch, limit, expected):
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {4000 * 1024} kB\n")
    if limit:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text(f"{500 * MIB}\n")
        (tmp_path / "memory.stat").write_text(f"anon 1\ninactive_file {200 * MIB}\n")
    monkeypatch.setattr(processes, "PROC", tmp_path)
    monkeypatch.setattr(processes, "CGROUP", tmp_path)

    assert processes.available_memory() == expected * MIB


def test_where_nobody_tells_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PROC", tmp_path)
    monkeypatch.setattr(processes, "CGROUP", tmp_path)

    assert processes.available_memory() is None
