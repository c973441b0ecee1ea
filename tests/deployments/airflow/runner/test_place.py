"""The folder of an Airflow: private, kept from start to start, gone with its Deployment."""

import socket

import pytest

from deployments.airflow.accounts import Account
from deployments.airflow.runner import place as places
from deployments.airflow.runner.place import Place, free_port, is_free, write_private
from deployments.models import AirflowRole


@pytest.fixture(autouse=True)
def _data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_what_is_kept_is_the_same_at_the_next_start():
    place = Place("bright-comet-1234")

    first = place.make("c1")
    kept = place.keep(first, prepared="3.3.2")

    again = Place("bright-comet-1234").make("c1")
    assert (again.fernet_key, again.prepared, again.accounts) == (first.fernet_key, "3.3.2", kept.accounts)
    assert again.accounts[AirflowRole.OP] == Account("console-op", first.passwords["console-op"])
    assert first.fernet_key not in repr(again)


def test_another_deployment_of_the_same_name_inherits_nothing():
    first = Place("bright-comet-1234").make("c1")
    (Place("bright-comet-1234").home / "airflow.db").touch()

    second = Place("bright-comet-1234").make("c2")

    assert second.fernet_key != first.fernet_key
    assert not (Place("bright-comet-1234").home / "airflow.db").exists()


def test_each_has_keys_accounts_and_a_user_of_its_own():
    one, two = Place("a-1").make("c1"), Place("b-1").make("c2")

    for name in ("fernet_key", "secret_key", "jwt_secret", "passwords", "user", "database_password"):
        assert getattr(one, name) != getattr(two, name)
    assert len(set(one.passwords.values())) == len(AirflowRole)


def test_nobody_else_can_read_any_of_it(tmp_path):
    place = Place("a-1")
    state = place.make("c1")
    place.write_environment({"A": "1"})
    place.write_secrets({"AIRFLOW_VAR_A": "1"}, user=None)
    place.write_passwords(state.passwords, user=None)

    assert {path.stat().st_mode & 0o077 for path in place.path.iterdir()} == {0}
    files = [place.environment_file, place.secrets / "secrets.json", place.accounts / "passwords.json"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_link_in_its_way_is_replaced_and_not_followed(tmp_path):
    other = tmp_path / "other"
    other.write_text("untouched")
    target = tmp_path / "secrets.json"
    target.symlink_to(other)
    (tmp_path / ".secrets.json.new").symlink_to(other)

    write_private(target, "new")

    assert (other.read_text(), target.read_text(), target.is_symlink()) == ("untouched", "new", False)


@pytest.mark.parametrize("name", ["..", "a/b", "", ".keeper.lock", "A"])
def test_only_release_names_are_folders(name):
    with pytest.raises(ValueError, match="no release name"):
        Place(name)


def test_it_finds_those_that_are_there_and_removes_one():
    for name in ("a-1", "b-1"):
        Place(name).make(name)

    Place("a-1").remove()

    assert [place.path.name for place in places.places()] == ["b-1"]


def test_a_port_at_which_somebody_listens_is_not_free():
    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
