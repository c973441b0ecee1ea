"""Deleting a Workspace: the word must be typed, and nothing may be in it."""

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from tests.deployments.helpers import HX, field_error, page, text
from tests.factories import create_deployment, create_workspace
from workspaces.models import AuditEvent, Membership, Workspace


def delete_url(workspace):
    return f"/{workspace.pk}/settings/delete"


@pytest.mark.parametrize("client", ["as_admin", "as_owner"])
def test_the_typed_word_deletes_it_with_its_memberships(request, client, workspace, member):
    response = request.getfixturevalue(client).post(delete_url(workspace), {"word": " delete "}, follow=True)

    assertRedirects(response, "/")
    assertContains(response, "Workspace Data Engineering was deleted.")
    assert not Workspace.objects.exists()
    assert not Membership.objects.filter(user=member).exists()
    event = AuditEvent.objects.get()
    assert (event.operation, event.target) == ("deleteWorkspace", workspace.pk)
    assert event.input == {"id": workspace.pk, "name": "Data Engineering"}


def test_from_the_dialog_the_browser_leaves_for_the_overview(as_admin, workspace):
    assert as_admin.post(delete_url(workspace), {"word": "delete"}, headers=HX).headers["HX-Redirect"] == "/"


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("", "Type delete to confirm."),
        ("Delete", "Type delete exactly (small d)."),
        ("Data Engineering", "Type delete to confirm."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HX])
def test_any_other_word_deletes_nothing(as_admin, workspace, word, error, headers):
    response = as_admin.post(delete_url(workspace), {"word": word}, headers=headers)

    assert response.status_code == 422
    assert field_error(response, "word") == error
    assert Workspace.objects.exists()


@pytest.mark.parametrize("headers", [{}, HX])
def test_it_is_refused_while_it_has_deployments(as_admin, workspace, headers):
    create_deployment(workspace=workspace)

    asked = as_admin.get(delete_url(workspace), headers=headers)
    sent = as_admin.post(delete_url(workspace), {"word": "delete"}, headers=headers)

    assert (asked.status_code, sent.status_code) == (200, 409)
    for response in (asked, sent):
        assert "This Workspace has Deployments. Delete or transfer them first." in text(response)
        assert page(response).select_one("input[name=word]") is None
    assert Workspace.objects.filter(pk=workspace.pk).exists()


def test_the_menu_says_why_it_is_not_available(as_admin, workspace):
    settings = f"/{workspace.pk}/settings/details"
    assertContains(as_admin.get(settings), f'href="{delete_url(workspace)}"')

    create_deployment(workspace=workspace)
    response = as_admin.get(settings)

    assert "Delete Workspace Not while it has Deployments." in text(response)
    assert delete_url(workspace) not in response.content.decode()


def test_a_member_may_not_and_a_stranger_finds_nothing(as_member, as_newcomer, workspace):
    for client, status in ((as_member, 403), (as_newcomer, 404)):
        assert client.get(delete_url(workspace)).status_code == status
        assert client.post(delete_url(workspace), {"word": "delete"}).status_code == status
    assert Workspace.objects.exists()


def test_another_workspace_stays(as_owner, workspace):
    other = create_workspace()

    as_owner.post(delete_url(workspace), {"word": "delete"})

    assert list(Workspace.objects.all()) == [other]
