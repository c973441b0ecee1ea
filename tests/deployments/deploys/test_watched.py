"""What Airflow sees of the store while versions come and go: always one whole version."""

import subprocess
import sys
from pathlib import Path

import pytest

from deployments.deploys.store.bundles import Bundle
from tests.deployments.deploys.deploying import read_by_airflow, send

pytestmark = pytest.mark.usefixtures("root")

TURNS = 400
# Another process, as Airflow is one: it reads until it is told to end, and says how often and what was wrong.
WATCHER = """
import os, select, sys
folder, looks, seen = sys.argv[1], 0, set()
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    try:
        version = os.readlink(os.path.join(folder, "current"))
        with open(os.path.join(folder, "current", "a.py")) as file:
            seen.add(file.read())
        looks += 1
    except OSError as error:
        print("wrong", error, flush=True)
        break
print(looks, *sorted(seen), flush=True)
"""


def test_hundreds_of_turns_show_one_of_the_two_versions_at_every_moment(by, deployment, root):
    versions = [send(by, deployment, text).pk for text in ("1", "2")]
    bundle = Bundle(deployment.release_name)
    command = [sys.executable, "-c", WATCHER, str(root / deployment.release_name)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdin is not None
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "ready\n"
        for turn in range(TURNS):
            bundle.activate(versions[turn % 2])
        told, _ = watcher.communicate("\n", timeout=30)

    looks, *seen = told.split()
    assert "wrong" not in told, told
    assert seen == ["1", "2"]
    assert int(looks) > TURNS / 10


@pytest.mark.parametrize("fails_at", ["symlink_to", "replace"])
def test_a_turn_that_fails_leaves_the_version_that_was_read(by, deployment, monkeypatch, fails_at):
    send(by, deployment, "1")
    second = send(by, deployment, "2")
    bundle = Bundle(deployment.release_name)
    first = next(version for version in bundle.versions if version != second.pk)

    def fail(*_arguments, **_named):
        raise OSError("no room")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no room"):
        patch.setattr(Path, fails_at, fail)
        bundle.activate(first)

    assert read_by_airflow(deployment) == "2"
    bundle.activate(first)
    assert read_by_airflow(deployment) == "1"


def test_the_current_version_cannot_be_removed(by, deployment):
    first, second = (send(by, deployment, text).pk for text in ("1", "2"))
    bundle = Bundle(deployment.release_name)

    with pytest.raises(ValueError, match="stays"):
        bundle.remove(second)
    assert read_by_airflow(deployment) == "2"
    assert set(bundle.versions) == {first, second}

    bundle.remove(first)
    assert set(bundle.versions) == {second}
    assert list((bundle.path / "incoming").iterdir()) == []
