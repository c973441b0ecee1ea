"""The installation's keys: where they come from, what is refused, and how a file of them is made."""

import base64
import errno
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cloudui.web import keycheck, keyring
from cloudui.web.keyring import KeyFileError, Keyring, NoKeys

# An account of every system that is not root.
SOMEBODY = 65534
ROOT = Path(__file__).resolve().parents[2]


def encoded(byte: int, length: int = 32) -> str:
    return base64.b64encode(bytes([byte]) * length).decode()


def document(**changes) -> str:
    whole = {purpose: {"1": encoded(number)} for number, purpose in enumerate(keyring.PURPOSES)}
    return json.dumps({**whole, **changes})


def test_without_a_variable_and_a_file_there_are_no_keys(tmp_path):
    assert keyring.read_keys(tmp_path, "") == {}


def test_the_variable_wins_over_the_file(tmp_path):
    keyring.ensure(tmp_path)

    assert keyring.read_keys(tmp_path, document())["pepper"] == {1: b"\x01" * 32}


def test_a_new_file_holds_one_version_of_every_purpose_and_no_key_twice(tmp_path):
    keys = keyring.ensure(tmp_path)

    assert list(keys) == ["mac", "pepper", "fingerprint", "field", "django"]
    assert all(list(versions) == [1] for versions in keys.values())
    assert len({versions[1] for versions in keys.values()}) == 5
    assert {len(versions[1]) for versions in keys.values()} == {32}


def test_a_new_file_is_readable_by_its_owner_only(tmp_path):
    folder = tmp_path / "made" / "on the way"
    keyring.ensure(folder)

    assert [path.stat().st_mode & 0o777 for path in (folder / "keys.json", folder)] == [0o600, 0o700]


def test_a_file_that_is_there_stays_as_it_is_and_nothing_half_written_is_left_behind(tmp_path):
    first = keyring.ensure(tmp_path)

    assert keyring.ensure(tmp_path) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.json", "keys.json.lock"]


def test_nothing_is_written_when_the_keys_come_from_the_variable(tmp_path):
    keys = keyring.ensure(tmp_path, document())

    assert keys["mac"] == {1: b"\x00" * 32}
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_no_file(tmp_path, monkeypatch):
    def power_cut(*_arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", power_cut)

    with pytest.raises(OSError, match="no space left"):
        keyring.ensure(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json.lock"]


def test_eight_processes_that_start_at_once_agree_on_one_file(tmp_path):
    code = (
        "import hashlib, pathlib, sys, time\n"
        "from cloudui.web import keyring\n"
        "data = pathlib.Path(sys.argv[1])\n"
        "(data / ('ready-' + sys.argv[2])).touch()\n"
        "while not (data / 'go').exists(): time.sleep(0.001)\n"
        "keys = keyring.ensure(data / 'keys')\n"
        "print(hashlib.sha256(repr(keys).encode()).hexdigest())\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [
        subprocess.Popen([*command, str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for number in range(8)
    ]
    while len(list(tmp_path.glob("ready-*"))) < 8:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.01)
    (tmp_path / "go").touch()
    answers = [process.communicate(timeout=60)[0] for process in processes]

    assert all(process.returncode == 0 for process in processes)
    assert len(set(answers)) == 1
    assert len(answers[0].strip()) == 64


@pytest.mark.threat("T-S1")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_file_that_others_can_open_is_refused_with_the_remedy(tmp_path, mode):
    keyring.ensure(tmp_path)
    path = tmp_path / "keys.json"
    path.chmod(mode)

    with pytest.raises(KeyFileError, match="can be read by other users of this machine"):
        keyring.read_keys(tmp_path, "")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "keys.json").mkdir()

    with pytest.raises(KeyFileError, match=r"keys\.json cannot be read"):
        keyring.read_keys(tmp_path, "")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("not json", "CLOUDUI_KEYS is not JSON"),
        ("[]", "CLOUDUI_KEYS must be a JSON object"),
        ("{}", "CLOUDUI_KEYS has no mac key"),
        (document(pepper={}), "CLOUDUI_KEYS has no pepper key"),
        (document(pepper=[encoded(1)]), "CLOUDUI_KEYS has no pepper key"),
        (document(salt={"1": encoded(9)}), "unknown purpose, 'salt'"),
        *(
            (document(field={"1": value}), "version 1 of the field key is not 32 bytes in base64")
            for value in (encoded(9, length=31), "§", 7, None)
        ),
        *(
            (document(mac={version: encoded(9)}), "a version of the mac key is not a number from 1 to 61")
            for version in ("0", "62", "-1", "²")
        ),
        (document(django={"1": encoded(0)}), "holds the same key twice"),
    ],
)
def test_nonsense_is_refused_by_name_and_no_key_is_quoted(tmp_path, value, sentence):
    with pytest.raises(KeyFileError) as refusal:
        keyring.read_keys(tmp_path, value)

    assert sentence in str(refusal.value)
    assert not any(encoded(9, length=length) in str(refusal.value) for length in (31, 32))


def test_the_highest_version_is_the_current_one_whatever_the_order():
    keys = keyring.read_keys(Path(), document(mac={"10": encoded(10), "2": encoded(20)}))
    ring = Keyring(lambda: keys)

    assert ring.current("mac") == (10, b"\x0a" * 32)
    assert list(ring.versions("mac")) == [2, 10]
    assert ring.get("mac", 2) == b"\x14" * 32


def test_a_missing_version_is_named():
    keys = keyring.read_keys(Path(), document())

    with pytest.raises(KeyFileError, match="no version 2 of the pepper key"):
        Keyring(lambda: keys).get("pepper", 2)


def test_asking_without_keys_names_the_command_that_makes_them():
    with pytest.raises(NoKeys, match=r"python manage\.py prepare"):
        Keyring(dict).current("mac")


def test_keys_are_read_once_and_again_after_a_reload():
    readings = []

    def source():
        readings.append(1)
        return keyring.read_keys(Path(), document())

    ring = Keyring(source)
    ring.current("mac")
    ring.get("pepper", 1)
    assert len(readings) == 1

    ring.reload()
    ring.current("mac")
    assert len(readings) == 2


@pytest.mark.django_db
def test_rotating_adds_a_version_and_keeps_the_older_ones(tmp_path, settings, capsys):
    before = keyring.ensure(tmp_path)
    settings.DATA_DIR = tmp_path

    call_command("rotate_keys", "pepper")

    after = keyring.read_keys(tmp_path, "")
    assert list(after["pepper"]) == [1, 2]
    assert after["pepper"][1] == before["pepper"][1]
    assert {**after, "pepper": {}} == {**before, "pepper": {}}
    assert "Version 2 of the pepper key" in capsys.readouterr().out
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_an_older_file_is_not_rotated_to_a_version_that_the_database_knows_otherwise(tmp_path, settings):
    keyring.ensure(tmp_path)
    settings.DATA_DIR = tmp_path
    older = (tmp_path / "keys.json").read_text()
    call_command("rotate_keys", "pepper")
    keycheck.verify_or_register()
    (tmp_path / "keys.json").write_text(older)
    keyring.keyring.reload()

    with pytest.raises(keycheck.ForeignKeyFile, match="it is older and lacks version 2 of the pepper key"):
        call_command("rotate_keys", "pepper")

    assert (tmp_path / "keys.json").read_text() == older


def test_a_file_that_is_written_anew_belongs_to_whom_it_belonged(tmp_path):
    keyring.ensure(tmp_path)
    path = tmp_path / "keys.json"
    # Only root may give a file away, and only what root writes could change its owner.
    owner = SOMEBODY if os.geteuid() == 0 else os.geteuid()
    os.chown(path, owner, -1)

    keyring.add_version(tmp_path, "mac")

    assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (owner, 0o600)


def test_two_rotations_at_once_add_two_versions(tmp_path):
    keyring.ensure(tmp_path)

    with ThreadPoolExecutor(2) as threads:
        versions = threads.map(lambda _: keyring.add_version(tmp_path, "mac"), range(2))

    assert set(versions) == {2, 3} == keyring.read_keys(tmp_path, "")["mac"].keys() - {1}


def test_a_file_that_may_not_be_read_names_the_remedy(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(KeyFileError, match="It must belong to the user that Cloud UI runs as"):
        keyring.read_keys(tmp_path, "")


def test_rotating_leaves_keys_from_the_variable_to_the_operator(settings):
    settings.CLOUDUI_KEYS = document()

    with pytest.raises(CommandError, match="CLOUDUI_KEYS"):
        call_command("rotate_keys", "pepper")


def test_rotating_needs_a_key_file_and_the_last_version_is_the_last(tmp_path):
    with pytest.raises(NoKeys):
        keyring.add_version(tmp_path, "mac")
    keyring.ensure(tmp_path)
    (tmp_path / "keys.json").write_text(document(mac={"61": encoded(61)}))

    with pytest.raises(KeyFileError, match="mac key has reached its last version, 61"):
        keyring.add_version(tmp_path, "mac")


@pytest.fixture(autouse=True)
def _own_keys_afterwards():
    yield
    keyring.keyring.reload()
