"""A keeper in this process, with a stand-in for Airflow."""

import asyncio
import json
import sys
import threading
from pathlib import Path

import pytest

from deployments.airflow.runner import environments, keeper, life, sandbox
from deployments.airflow.runner import place as place_of_airflows
from deployments.airflow.runner.keeper import Keeper
from deployments.airflow.runner.sandbox import Isolation
from tests.deployments.airflow.runner.watching import until

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture
def machine(settings, tmp_path, monkeypatch):
    # The keys stay where they are.
    monkeypatch.setattr(place_of_airflows, "root", lambda: tmp_path / "airflow")
    settings.DAGS_ROOT = tmp_path / "dags"
    settings.AIRFLOW_ENVIRONMENTS, settings.AIRFLOW_INSTALL = tmp_path / "environments", False
    settings.AIRFLOW_DATABASE_URL, settings.AIRFLOW_MEMORY_MIB = "", 0
    environment = settings.AIRFLOW_ENVIRONMENTS / "3.3.2"
    (environment / "bin").mkdir(parents=True)
    python = environment / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    python.chmod(0o755)
    marker = {"digest": environments._digest("3.3.2"), "base": "/usr"}
    (environment / "cloudui.json").write_text(json.dumps(marker))
    monkeypatch.setattr(sandbox, "isolation", lambda: Isolation(works=False, reason="this is a test"))
    for module, name in ((keeper, "POLL"), (life, "LOOK"), (life, "LOOK_SOON"), (life, "TRY_AGAIN")):
        monkeypatch.setattr(module, f"{name}_SECONDS", 0.1)


@pytest.fixture
def keep(machine):
    """Start a keeper in a thread of its own; returns what stops it."""
    running = []

    def keep():
        said: list[str] = []
        loops: list[asyncio.AbstractEventLoop] = []
        stop = asyncio.Event()

        async def run():
            loops.append(asyncio.get_running_loop())
            await Keeper(said.append).run(stop)

        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()

        def end():
            if thread.is_alive():
                loops[0].call_soon_threadsafe(stop.set)
                thread.join(60)
            assert not thread.is_alive()
            return said

        running.append(end)
        until(lambda: loops)
        return end

    yield keep
    for end in running:
        end()
