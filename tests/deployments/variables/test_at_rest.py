"""Who may save environment variables, and what the database knows of them: nothing that can be read."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.utils import timezone

from cloudui.web.principal import Kind, Principal
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import VariableInput, VariableView, list_variables, save_variables
from tests.deployments.variables.pages import errors_of
from tests.factories import create_deployment
from workspaces.models import Membership, Role


def test_the_deployments_own_key_saves_and_is_named(deployment, stored):
    key = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)

    saved = save_variables(key, deployment, [VariableInput("A", "1")])

    assert list(stored()) == ["A"]
    assert (saved.updated_by_kind, saved.updated_by_id, saved.updated_by_name) == ("api_key", "k" * 32, "CI")


def test_another_deployments_key_finds_nothing(deployment):
    key = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=create_deployment().pk)

    with pytest.raises(Http404):
        save_variables(key, deployment, [VariableInput("A", "1")])


def test_rights_are_those_of_the_moment_of_saving(save, principal, stored):
    Membership.objects.filter(user_id=principal.id).update(role=Role.MEMBER)
    with pytest.raises(PermissionDenied):
        save(VariableInput("A", "1"))
    Membership.objects.all().delete()
    with pytest.raises(Http404):
        save(VariableInput("A", "1"))
    assert stored() == {}


def test_if_the_event_cannot_be_written_nothing_is_saved(save, stored, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("deployments.variables.service.events.record", fail)

    with pytest.raises(OSError):  # noqa: PT011 - raised above
        save(VariableInput("A", "1"))
    assert stored() == {}


def test_the_database_holds_no_value_in_plain(save):
    save(VariableInput("A", "plain-value"), VariableInput("TOKEN", "s3cret-value", is_secret=True))

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM deployments_environmentvariable")
        rows = repr(cursor.fetchall()).encode() + b"".join(
            bytes(value) for row in EnvironmentVariable.objects.values_list("value") for value in row
        )
    assert b"plain-value" not in rows
    assert b"s3cret-value" not in rows


def test_a_row_copied_to_another_deployment_cannot_be_read_there(save, deployment, principal):
    save(VariableInput("A", "1"), VariableInput("TOKEN", "s3cret", is_secret=True))
    other = create_deployment(workspace=deployment.workspace)

    EnvironmentVariable.objects.update(deployment=other)

    assert [(one.key, one.value, one.is_readable) for one in list_variables(other)] == [
        ("A", "", False),
        ("TOKEN", "", False),
    ]


def test_turning_the_flag_in_the_database_shows_nothing(save, stored):
    save(VariableInput("TOKEN", "s3cret", is_secret=True))

    EnvironmentVariable.objects.update(is_secret=False)

    assert (stored()["TOKEN"].value, stored()["TOKEN"].is_readable) == ("", False)


def test_a_value_whose_key_version_is_gone_cannot_be_read_and_nothing_fails(save, stored):
    save(VariableInput("A", "1"))
    row = EnvironmentVariable.objects.get()
    EnvironmentVariable.objects.update(value=b"\x3d" + bytes(row.value)[1:])

    assert not stored()["A"].is_readable


def test_what_cannot_be_read_stays_until_it_is_typed_again_or_deleted(save, stored):
    save(VariableInput("TOKEN", "s3cret", is_secret=True), VariableInput("A", "1"))
    EnvironmentVariable.objects.filter(key="TOKEN").update(is_secret=False)
    before = bytes(EnvironmentVariable.objects.get(key="TOKEN").value)

    save(VariableInput("TOKEN", ""), VariableInput("A", "2"))
    assert bytes(EnvironmentVariable.objects.get(key="TOKEN").value) == before
    assert errors_of(save, VariableInput("TOKEN", "", is_secret=True)) == {
        "TOKEN": ["Enter the value again: what is stored cannot be read."]
    }

    save(VariableInput("TOKEN", "new"), VariableInput("A", "2"))
    assert stored()["TOKEN"].value == "new"
    assert stored()["TOKEN"].is_readable


def test_a_value_on_its_way_is_in_no_repr():
    assert "s3cret" not in repr(VariableInput("A", "s3cret"))
    assert "s3cret" not in repr(VariableView("A", "s3cret", is_secret=False, updated_at=timezone.now()))
