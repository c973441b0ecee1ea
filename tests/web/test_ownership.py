"""Root writes nothing that the server, which runs as another user, could not read."""

import os
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

import manage
from cloudui.web import ownership


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """A function that makes the data directory one of the user with this number, and us the user with that one."""

    def data_dir(owner: int, *, we_are: int):
        status = SimpleNamespace(st_uid=owner, st_gid=owner)
        monkeypatch.setattr(os, "geteuid", lambda: we_are)
        return SimpleNamespace(exists=lambda: True, stat=lambda: status, __str__=lambda: "data")

    return data_dir


@pytest.mark.parametrize(("owner", "we_are"), [(0, 0), (1000, 1000), (1000, 1001)])
def test_whoever_is_not_root_and_root_at_home_may_go_on(data_dir, owner, we_are):
    ownership.refuse_root(data_dir(owner, we_are=we_are))


def test_a_directory_that_is_not_there_yet_is_made_by_whoever_comes_first(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    ownership.refuse_root(tmp_path / "data")


@pytest.mark.parametrize(("owner", "name"), [(65534, "nobody"), (4_000_000, "4000000")])
def test_root_is_told_to_run_the_command_as_the_owner(data_dir, owner, name):
    with pytest.raises(ImproperlyConfigured, match=f"belongs to {name}, .* runuser -u {name} -- COMMAND"):
        ownership.refuse_root(data_dir(owner, we_are=0))


def test_every_command_looks_first_and_ends_with_the_sentence(data_dir, monkeypatch, settings):
    settings.DATA_DIR = data_dir(65534, we_are=0)
    monkeypatch.setattr(manage.sys, "argv", ["manage.py", "rotate_keys", "pepper"])

    with pytest.raises(SystemExit, match=r"^Configuration error: .*Run this as nobody"):
        manage.main()
