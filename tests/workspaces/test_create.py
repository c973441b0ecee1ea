"""Creating a Workspace: for Owners, under a name that nobody has, with the creator as its first Admin."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections

from tests.deployments.helpers import HX, field_error, page
from tests.factories import create_owner, create_workspace
from workspaces import audit, service
from workspaces.models import AuditEvent, Membership, OrganizationRole, Role, Workspace
from workspaces.principals import principal_for

URL = "/workspaces/new"


def test_an_owner_creates_a_workspace_is_taken_there_and_audited(as_owner, owner):
    data = {"name": "Analytics", "description": "Reports."}

    response = as_owner.post(URL, data, headers={"User-Agent": "a browser"})

    workspace, event = Workspace.objects.get(), AuditEvent.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/{workspace.pk}")
    assert (workspace.name, workspace.description) == ("Analytics", "Reports.")
    assert Membership.objects.get(workspace=workspace, user=owner).role == Role.ADMIN
    assert (event.operation, event.workspace, event.target) == ("createWorkspace", workspace.pk, workspace.pk)
    assert (event.subject_id, event.subject_name) == (owner.pk, "Olga Owner")
    assert (event.input, event.source_ip, event.user_agent) == (data, "127.0.0.1", "a browser")


@pytest.mark.threat("T-S7")
def test_without_its_audit_event_nothing_is_created(owner, monkeypatch):
    def fail(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(audit, "record", fail)

    with pytest.raises(DatabaseError):
        service.create_workspace(principal_for(owner), name="Analytics", description="")

    assert not Workspace.objects.exists()
    assert not Membership.objects.exists()


def test_in_a_dialog_the_list_is_told_and_the_dialog_closes(as_owner):
    response = as_owner.post(URL, {"name": "Analytics"}, headers=HX)

    assert response.template_name == "components/toasts_oob.html"
    assert response.context_data["message"] == "Workspace Analytics was created."
    assert response["HX-Trigger"] == '{"dialog:close": {}, "workspaces:changed": {}}'


def test_the_dialog_is_a_part_of_the_page(as_owner):
    answers = [as_owner.get(URL, headers=HX), as_owner.get(URL)]

    assert [b"<html" in answer.content for answer in answers] == [False, True]
    for answer in answers:
        assert page(answer).select_one("#dialog-title").get_text() == "Create a Workspace"


@pytest.mark.parametrize("name", ["Analytics", "ANALYTICS", "  analytics "])
def test_a_name_that_exists_is_refused_whatever_the_case_and_nothing_typed_is_lost(as_owner, name):
    create_workspace(name="Analytics")

    response = as_owner.post(URL, {"name": name, "description": "Kept."})

    assert response.status_code == 422
    assert field_error(response, "name") == "A Workspace with this name already exists."
    assert page(response).find("textarea").get_text(strip=True) == "Kept."
    assert Workspace.objects.count() == 1


@pytest.mark.threat("T-W6")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Enter a name."),
        ("   ", "Enter a name."),
        ("x" * 101, "Use at most 100 characters; this has 101."),
        ("in\u202evoice", "Remove the invisible character U+202E."),
        ("a\x07b", "Remove the invisible character U+0007."),
        ("a\nb", "Remove the invisible character U+000A."),
        ("a\x00b", "Remove the invisible character U+0000."),
    ],
)
def test_a_bad_name_is_refused_beside_the_field(as_owner, name, error):
    response = as_owner.post(URL, {"name": name})

    assert response.status_code == 422
    assert field_error(response, "name") == error
    assert not Workspace.objects.exists()


def test_a_description_that_is_too_long_is_refused_beside_the_field(as_owner):
    response = as_owner.post(URL, {"name": "Analytics", "description": "x" * 501})

    assert field_error(response, "description") == "Use at most 500 characters; this has 501."


@pytest.mark.parametrize("name", ["x" * 100, "Ünïcode 🚀", "<b>bold</b>", "{{ 7*7 }}", "👩‍🚀"])
def test_any_visible_name_is_kept_as_it_is(as_owner, name):
    as_owner.post(URL, {"name": name})

    assert Workspace.objects.get().name == name


@pytest.mark.parametrize("who", ["as_admin", "as_member"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_no_owner_gets_the_reason(who, method, request):
    response = getattr(request.getfixturevalue(who), method)(URL, {"name": "Mine"})

    assert response.status_code == 403
    assert "Only an Organization Owner can create a Workspace." in response.content.decode()
    assert not Workspace.objects.filter(name="Mine").exists()


def test_an_owner_who_was_demoted_meanwhile_creates_nothing(as_owner, owner):
    as_owner.get(URL)
    owner.organization_role = OrganizationRole.MEMBER
    owner.save()

    response = as_owner.post(URL, {"name": "Late"}, headers=HX)

    assert response.status_code == 403
    assert response.content == b"Only an Organization Owner can create a Workspace."
    assert not Workspace.objects.exists()


@pytest.mark.threat("T-W8")
def test_fields_that_the_form_does_not_have_change_nothing(as_owner):
    as_owner.post(URL, {"name": "Analytics", "id": "c" + "1" * 24, "ci_cd_enforced_by_default": "on"})

    workspace = Workspace.objects.get()
    assert workspace.pk != "c" + "1" * 24
    assert not workspace.ci_cd_enforced_by_default


@pytest.mark.django_db(transaction=True)
def test_of_many_who_choose_one_name_at_once_one_gets_it():
    principal = principal_for(create_owner())
    barrier = Barrier(6)

    def create(number):
        barrier.wait()
        try:
            service.create_workspace(principal, name="Analytics", description=str(number))
        except ValidationError as error:
            return error.message_dict
        else:
            return "created"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(create, range(6)))

    refusal = {"name": ["A Workspace with this name already exists."]}
    assert sorted(map(str, results)) == sorted(["created", *[str(refusal)] * 5])
    assert Workspace.objects.count() == 1
    assert AuditEvent.objects.count() == 1
