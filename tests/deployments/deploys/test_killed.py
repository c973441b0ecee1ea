"""A server killed by SIGKILL at any moment of a deploy: what Airflow reads stays whole, and the history knows it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from deployments.deploys.bounds import KEPT_FAILED

ROOT: Final = Path(__file__).resolve().parents[3]
IS_LONG: Final = bool(os.environ.get("CLOUDUI_LONG"))
MOMENTS: Final = 300 if IS_LONG else 20
# More than a deploy has; the test stops at the first one that is not reached.
MOST_STEPS: Final = 400


class Mortal:
    """The program of tests/deployments/deploys/mortal.py."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.read()

    def order(self, *words: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self.read()

    def read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@pytest.fixture(scope="module")
def mortal(tmp_path_factory) -> Iterator[Mortal]:
    directory = tmp_path_factory.mktemp("mortal") / "data"
    ours = ("CLOUDUI_", "DATABASE_URL", "DAGS_ROOT", "DJANGO_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "CLOUDUI_DATA_DIR": str(directory),
        # Each version that succeeded is looked for at the end.
        "DEPLOY_VERSIONS_PER_DEPLOYMENT": "100000",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
        "LOG_LEVEL": "ERROR",
    }
    directory.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.deployments.deploys.mortal"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Mortal(process)
        finally:
            process.kill()


def assert_whole(seen: dict[str, Any]) -> None:
    """The disk and the history agree, on a version that is whole, and nothing is left over."""
    assert seen["read"] == seen["said"]
    assert seen["contents"] == ([seen["description"]] * 4 if seen["read"] else [])
    assert seen["incoming"] == []
    statuses = {status for _, status, _ in seen["ends"]}
    assert statuses <= {"SUCCEEDED", "FAILED"}
    succeeded = {pk for pk, status, _ in seen["ends"] if status == "SUCCEEDED"}
    # Each upload that succeeded has its files; none that failed has.
    assert set(seen["kept"]) == {
        version for pk, status, version in seen["ends"] if status == "SUCCEEDED" and pk == version
    }
    # And the audit log has an end for each, or counts it with the others of this hour.
    assert {pk for pk, result in seen["events"].items() if result == "ok"} == succeeded
    failed = len(seen["events"]) - len(succeeded) + seen["counted"]
    assert min(failed, KEPT_FAILED) == len(seen["ends"]) - len(succeeded)


def test_killed_before_each_step_of_a_deploy(mortal):
    mortal.order("deploy", 0, MOST_STEPS)
    known = {pk for pk, _, _ in mortal.order("look")["ends"]}
    outcomes = []
    for step in range(1, MOST_STEPS):
        was_killed = mortal.order("deploy", step, step)["killed"]
        seen = mortal.order("look")
        assert_whole(seen)
        new = [status for pk, status, _ in seen["ends"] if pk not in known]
        known = {pk for pk, _, _ in seen["ends"]}
        assert len(new) <= 1
        assert (seen["description"] == str(step)) == (new == ["SUCCEEDED"])
        outcomes.append(new)
        if not was_killed:
            break
    # Not begun, interrupted, and done but for the telling, in this order; then one that was not killed.
    assert not was_killed
    assert [outcomes[0], outcomes[-1]] == [[], ["SUCCEEDED"]]
    order = [[], ["FAILED"], ["SUCCEEDED"]]
    assert [order.index(outcome) for outcome in outcomes] == sorted(map(order.index, outcomes))
    assert ["FAILED"] in outcomes
    assert outcomes.count(["SUCCEEDED"]) > 1


def test_killed_at_random_moments(mortal):
    chance = random.Random(os.environ.get("CLOUDUI_SEED", "deploys"))
    for moment in range(MOMENTS):
        process = mortal.order("deploy", moment * 1000)["process"]
        time.sleep(chance.uniform(0.02, 0.4))
        os.kill(process, signal.SIGKILL)
        assert mortal.read() == {"killed": True}
        assert_whole(mortal.order("look"))
