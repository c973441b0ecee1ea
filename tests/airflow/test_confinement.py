"""What a program sees that is confined as an Airflow is, for root and for a user without rights."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from deployments.airflow.runner import place as place_of_airflows
from deployments.airflow.runner import sandbox
from deployments.airflow.runner.environments import Environment
from deployments.airflow.runner.place import Place
from deployments.deploys.store.bundles import Bundle

NOBODY = 65_534
PROBE = """
cat {keys} 2>/dev/null && echo REACHED keys
cat {other}/state.json 2>/dev/null && echo REACHED another
cat {state} 2>/dev/null && echo REACHED state
cat {passwords} 2>/dev/null && echo REACHED passwords
cat /etc/shadow 2>/dev/null && echo REACHED shadow
touch {plugins}/planted 2>/dev/null && echo REACHED plugins
touch {dags}/planted 2>/dev/null && echo REACHED dags
touch {secrets}/planted 2>/dev/null && echo REACHED secrets
touch {home}/mine && echo WROTE home
touch /tmp/mine && echo WROTE tmp
touch /dev/shm/mine && echo WROTE memory
cat {secrets}/secrets.json >/dev/null && echo READ secrets
ls {plugins} >/dev/null && echo READ plugins
grep -q 'CapEff:.*0000000000000000' /proc/self/status && echo RIGHTS none
echo PROCESSES $(ls /proc | grep -c '^[0-9]')
echo USER $(id -u)
"""
USERS = [None, NOBODY] if os.geteuid() == 0 else [None]


@pytest.fixture
def folder():
    """One that other users can reach, which those of pytest are not."""
    path = Path(tempfile.mkdtemp(prefix="cloudui-confined-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize("user", USERS)
def test_it_sees_its_own_and_nothing_else(folder, monkeypatch, settings, user):
    assert sandbox.isolation().works, sandbox.isolation().reason
    data, settings.DAGS_ROOT = folder / "data", folder / "dags"
    data.mkdir(mode=0o700)
    plugins = folder / "plugins"
    shutil.copytree(sandbox.PLUGINS, plugins)
    monkeypatch.setattr(sandbox, "PLUGINS", plugins)
    monkeypatch.setattr(place_of_airflows, "root", lambda: data / "airflow")
    (data / "keys.json").write_text("the keys")
    other, place = Place("other-1"), Place("own-1")
    other.make("c1")
    state = place.make("c2")
    (Bundle("own-1").path / "versions").mkdir(parents=True)
    environment = Environment("3.3.2", folder / "environment", Path("/usr"))
    environment.path.mkdir()
    if user is not None:
        monkeypatch.setattr(sandbox.os, "geteuid", lambda: user)
        monkeypatch.setattr(sandbox.os, "getuid", lambda: user)
    own_user = sandbox.user_of(state)
    place.write_secrets({"AIRFLOW_VAR_A": "1"}, user=own_user)
    place.write_passwords(state.passwords, user=own_user)
    probe = PROBE.format(
        keys=data / "keys.json",
        other=other.path,
        state=place.path / "state.json",
        passwords=place.accounts / "passwords.json",
        plugins=plugins,
        dags=Bundle("own-1").path,
        secrets=place.secrets,
        home=place.home,
    )
    command = sandbox.confine(["sh", "-c", probe], place, state, environment)
    if own_user is not None:
        place.give_to(own_user)
    elif user is not None:
        for path in [data, *data.rglob("*")]:
            os.chown(path, user, user, follow_symlinks=False)

    done = subprocess.run(command, capture_output=True, text=True, check=False, user=user, timeout=60)

    said = done.stdout.splitlines()
    assert "REACHED" not in done.stdout, done.stdout
    assert {"WROTE home", "WROTE tmp", "WROTE memory", "READ secrets", "READ plugins"} <= set(said), done
    expected = own_user or user or os.getuid()
    assert f"USER {expected}" in said
    assert "RIGHTS none" in said
    (processes,) = [int(line.split()[1]) for line in said if line.startswith("PROCESSES")]
    assert processes < 10
