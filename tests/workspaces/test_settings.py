"""Workspace Settings: every member reads, an Admin changes, and new Deployments begin as it says."""

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from cloudui.web.versions import StaleEdit
from deployments.service import create_deployment
from tests.deployments.helpers import HX, field_error, one, page, signed_in, text
from tests.factories import create_cluster, create_member, create_runtime, create_workspace
from workspaces.models import AuditEvent, Role, Workspace
from workspaces.principals import principal_for
from workspaces.service import update_workspace


@pytest.fixture
def as_editor(workspace):
    return signed_in(create_member(workspace=workspace, role=Role.EDITOR))


@pytest.fixture
def as_outsider(db):
    return signed_in(create_member(workspace=create_workspace(), role=Role.ADMIN))


def details_url(workspace):
    return f"/{workspace.pk}/settings/details"


def edit_url(workspace):
    return f"{details_url(workspace)}/edit"


def sent(workspace, **changes):
    return {
        "version": workspace.version,
        "name": workspace.name,
        "description": workspace.description,
        **changes,
    }


def update(user, workspace, **changes):
    values = {**sent(workspace), "ci_cd_enforced_by_default": True, **changes}
    return update_workspace(principal_for(user), workspace, **values)


@pytest.mark.parametrize("client", ["as_member", "as_editor", "as_admin", "as_owner"])
def test_every_member_reads_it(request, client, workspace):
    details = text(request.getfixturevalue(client).get(details_url(workspace)))

    facts = ("Name Data Engineering", "Description Pipelines.", "CI/CD Enforcement Default Off", workspace.pk)
    assert [fact for fact in facts if fact not in details] == []


def test_the_sidebar_leads_there_and_says_where_one_is(as_member, workspace):
    elsewhere = as_member.get(f"/{workspace.pk}/deployments")
    here = as_member.get(details_url(workspace))

    assertContains(elsewhere, f'href="{details_url(workspace)}"')
    current = {
        response: [link["title"] for link in page(response).select(".sidebar [aria-current]")]
        for response in (elsewhere, here)
    }
    assert current == {elsewhere: ["Deployments"], here: ["Workspace Settings"]}


def test_only_an_admin_sees_what_changes_it(as_member, as_editor, as_admin, workspace):
    for client, sees in ((as_member, False), (as_editor, False), (as_admin, True)):
        details = text(client.get(details_url(workspace)))
        assert ("Edit Details" in details, "Delete Workspace" in details) == (sees, sees)


@pytest.mark.parametrize("client", ["as_member", "as_editor"])
def test_others_may_not_and_read_why(request, client, workspace):
    browser = request.getfixturevalue(client)
    for response in (browser.get(edit_url(workspace)), browser.post(edit_url(workspace), sent(workspace))):
        assert response.status_code == 403
        assert "Only a Workspace Admin can change or delete a Workspace." in text(response)


def test_an_outsider_finds_nothing(as_outsider, workspace):
    for address in (details_url(workspace), edit_url(workspace)):
        assert as_outsider.get(address).status_code == 404
    assert as_outsider.post(edit_url(workspace), sent(workspace, name="Taken")).status_code == 404


@pytest.mark.parametrize("client", ["as_admin", "as_owner"])
def test_an_admin_changes_it_and_the_log_says_so(request, client, workspace):
    response = request.getfixturevalue(client).post(
        edit_url(workspace),
        sent(workspace, name="Data", ci_cd_enforced_by_default="on"),
        follow=True,
    )

    assertRedirects(response, details_url(workspace))
    assertContains(response, "The Workspace was updated.")
    now = Workspace.objects.get()
    assert (now.name, now.description, now.ci_cd_enforced_by_default) == ("Data", "Pipelines.", True)
    event = AuditEvent.objects.get()
    assert (event.operation, event.workspace, event.target) == ("updateWorkspace", now.pk, now.pk)
    assert event.input == {
        "name": "Data",
        "description": "Pipelines.",
        "ciCdEnforcedByDefault": True,
        "before": {"name": "Data Engineering", "description": "Pipelines.", "ciCdEnforcedByDefault": False},
    }


def test_the_default_is_for_new_deployments_only(admin, workspace):
    principal = principal_for(admin)
    cluster, runtime = create_cluster(), create_runtime()
    before = create_deployment(principal, workspace, name="before", cluster=cluster, runtime=runtime)

    update(admin, workspace)
    after = create_deployment(principal, workspace, name="after", cluster=cluster, runtime=runtime)

    before.refresh_from_db()
    assert (before.ci_cd_enforced, after.ci_cd_enforced) == (False, True)


def test_in_the_dialog_the_page_below_is_asked_for_anew(as_admin, workspace):
    response = as_admin.post(edit_url(workspace), sent(workspace, name="Data"), headers=HX)

    assert response.headers["HX-Redirect"] == details_url(workspace)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (" ", "Enter a name."),
        ("x" * 101, "Use at most 100 characters; this has 101."),
        ("ANALYTICS", "A Workspace with this name already exists."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HX])
def test_an_error_stands_beside_the_name_and_what_was_typed_stays(as_admin, workspace, name, error, headers):
    create_workspace(name="Analytics")

    response = as_admin.post(
        edit_url(workspace), sent(workspace, name=name, description="typed"), headers=headers
    )

    assert response.status_code == 422
    assert field_error(response, "name") == error
    assert one(response, "textarea").get_text(strip=True) == "typed"
    assert one(response, "form[data-warn]").has_attr("data-unsaved")
    assert Workspace.objects.get(pk=workspace.pk).description == "Pipelines."


def test_of_two_admins_the_second_reads_what_the_first_changed(as_admin, owner, workspace):
    data = sent(workspace, name="Mine")
    update(owner, workspace, name="Theirs", description="")

    response = as_admin.post(edit_url(workspace), data)

    assert response.status_code == 409
    assert "Somebody changed this Workspace while you were editing it." in text(response)
    assert "with CI/CD Enforcement Default on." in text(response)
    assert one(response, "input[name=name]")["value"] == "Mine"
    again = {**data, "version": one(response, "input[name=version]")["value"]}
    assertRedirects(as_admin.post(edit_url(workspace), again), details_url(workspace))
    assert Workspace.objects.get().name == "Mine"


def test_where_nothing_differs_nothing_is_written(as_admin, workspace):
    as_admin.post(edit_url(workspace), sent(workspace))

    now = Workspace.objects.get()
    assert (now.version, now.updated_at) == (workspace.version, workspace.updated_at)
    assert not AuditEvent.objects.exists()


def test_each_change_raises_the_version_and_one_that_was_never_there_is_stale(admin, workspace):
    assert update(admin, workspace).version == 2
    with pytest.raises(StaleEdit) as stale:
        update(admin, workspace, version=3)

    assert (stale.value.version, stale.value.current) == (2, workspace)
    assert str(stale.value) == "This Workspace was changed meanwhile."


@pytest.mark.parametrize("version", ["", "nonsense", "0", "99999999999"])
def test_a_version_that_is_none_is_refused_by_the_form(as_admin, workspace, version):
    response = as_admin.post(edit_url(workspace), sent(workspace, name="Data", version=version))

    assert response.status_code == 422
    assert Workspace.objects.get().name == "Data Engineering"
