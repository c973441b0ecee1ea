"""Transfer Deployment, the page: every role, what is offered, what is refused, and who sees it afterwards."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from deployments.models import Deployment
from tests.deployments.helpers import HX, NEVER_EXISTED, field_error, list_url, one, page, text, url
from tests.deployments.helpers import names as listed
from tests.factories import create_deployment, create_member, create_workspace
from workspaces.models import Membership, Role, User, Workspace


@pytest.fixture
def target(db):
    return create_workspace(name="Analytics")


@pytest.fixture
def in_both(workspace, target):
    """A function that gives everybody of the Workspace a role in the target too."""

    def join(role):
        for person in User.objects.filter(memberships__workspace=workspace):
            Membership.objects.create(workspace=target, user=person, role=role)

    return join


def transfer_url(deployment):
    return url("deployments:transfer", deployment)


def where(deployment):
    return Deployment.objects.get(pk=deployment.pk).workspace


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
def test_who_is_editor_in_both_moves_it(request, client, deployment, target, in_both):
    client = request.getfixturevalue(client)
    in_both(Role.EDITOR)

    response = client.post(transfer_url(deployment), {"workspace": target.pk})

    moved = Deployment.objects.get(pk=deployment.pk)
    assert moved.workspace == target
    assertRedirects(response, url("deployments:open", moved), target_status_code=302)
    assertContains(client.get(response.url, follow=True), "Deployment Production was moved to Analytics.")


@pytest.mark.parametrize("client", ["as_editor", "as_admin"])
def test_a_target_where_one_is_a_member_only_is_403(request, client, deployment, workspace, target, in_both):
    client = request.getfixturevalue(client)
    in_both(Role.MEMBER)

    assert page(client.get(transfer_url(deployment))).select("#id_workspace option") == []
    response = client.post(transfer_url(deployment), {"workspace": target.pk})

    assert response.status_code == 403
    assert "Only a Workspace Editor or Admin can move a Deployment to it. Your role here is Member." in text(
        response
    )
    assert where(deployment) == workspace


@pytest.mark.parametrize("client", ["as_editor", "as_admin"])
def test_a_target_where_one_is_a_stranger_is_404_as_if_it_did_not_exist(
    request, client, deployment, workspace, target
):
    client = request.getfixturevalue(client)

    responses = [
        client.post(transfer_url(deployment), {"workspace": chosen}) for chosen in (target.pk, NEVER_EXISTED)
    ]

    assert [response.status_code for response in responses] == [404, 404]
    assert responses[0].content == responses[1].content
    assert where(deployment) == workspace


def test_where_it_is_already_is_400(as_editor, deployment, workspace, target, in_both):
    in_both(Role.EDITOR)

    response = as_editor.post(transfer_url(deployment), {"workspace": workspace.pk})

    assert response.status_code == 400
    assert field_error(response, "workspace") == "It is in Data Engineering already."


def test_a_name_that_is_taken_is_said_beside_the_field(as_editor, deployment, workspace, target, in_both):
    in_both(Role.EDITOR)
    create_deployment(workspace=target, name="production")

    response = as_editor.post(transfer_url(deployment), {"workspace": target.pk})

    assert response.status_code == 422
    assert field_error(response, "workspace") == (
        "A Deployment named Production already exists in Analytics."
    )
    assert one(response, "#id_workspace option[selected]")["value"] == target.pk
    assert where(deployment) == workspace


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        ("", "Select a Workspace."),
        ("x" * 26, "Select one of these Workspaces."),
        ("nul\0", "Null characters are not allowed."),
    ],
)
def test_nonsense_is_answered_beside_the_field(as_editor, deployment, target, in_both, chosen, error):
    in_both(Role.EDITOR)

    response = as_editor.post(transfer_url(deployment), {"workspace": chosen})

    assert response.status_code == 422
    assert field_error(response, "workspace") == error


def test_the_other_workspaces_are_offered(as_owner, deployment, target):
    create_workspace(name="Zoo <b>bold</b>")

    response = as_owner.get(transfer_url(deployment))

    assert [option.get_text() for option in page(response).select("#id_workspace option")] == [
        "Select Workspace",
        "Analytics",
        "Zoo <b>bold</b>",
    ]


def test_without_another_workspace_it_says_what_is_needed(as_editor, deployment):
    response = as_editor.get(transfer_url(deployment))

    assertContains(response, "You need to be Editor or Admin of another Workspace.")
    assert page(response).select(".sheet form") == []


def test_the_menu_offers_it_above_delete_to_who_may(as_editor, as_member, deployment):
    activity = url("deployments:activity", deployment)

    items = [
        item.get_text(strip=True) for item in page(as_editor.get(activity)).select(".menu__item--danger")
    ]
    assert items == ["Delete Deployment"]
    menu = one(as_editor.get(activity), f'.menu__panel:has(a[href="{transfer_url(deployment)}"])')
    assert [item.get_text(strip=True) for item in menu.select("a")] == [
        "Transfer Deployment",
        "Delete Deployment",
    ]
    for words in ("Transfer Deployment", "Delete Deployment"):
        assertNotContains(as_member.get(activity), words)


def test_htmx_gets_the_dialog_and_leaves_the_page_of_the_deployment(as_editor, deployment, target, in_both):
    in_both(Role.EDITOR)
    assert as_editor.get(transfer_url(deployment), headers=HX).template_name == (
        "deployments/details/transfer.html#dialog"
    )

    here = f"http://testserver{url('deployments:activity', deployment)}"
    response = as_editor.post(
        transfer_url(deployment), {"workspace": target.pk}, headers={**HX, "HX-Current-URL": here}
    )

    assert response.headers["HX-Redirect"] == url(
        "deployments:open", Deployment.objects.get(pk=deployment.pk)
    )


def test_htmx_stays_in_the_list(as_editor, deployment, workspace, target, in_both):
    in_both(Role.EDITOR)
    headers = {**HX, "HX-Current-URL": f"http://testserver{list_url(workspace)}"}

    response = as_editor.post(transfer_url(deployment), {"workspace": target.pk}, headers=headers)

    assert "deployments:changed" in response.headers["HX-Trigger"]
    assert "Deployment Production was moved to Analytics." in text(response)


@pytest.mark.threat("T-L4")
def test_afterwards_only_members_of_the_target_see_it(
    as_editor, as_member, deployment, workspace, target, in_both
):
    stays = create_member(workspace=target, role=Role.MEMBER)
    Membership.objects.create(
        workspace=target, user=User.objects.get(full_name="Eda Editor"), role=Role.EDITOR
    )
    old = url("deployments:activity", deployment)
    as_editor.post(transfer_url(deployment), {"workspace": target.pk})
    new = url("deployments:activity", Deployment.objects.get(pk=deployment.pk))

    assert as_member.get(old).status_code == as_member.get(new).status_code == 404
    assert listed(as_member.get(list_url(workspace))) == []
    as_editor.force_login(stays)
    assert as_editor.get(old).status_code == 404
    assert as_editor.get(new).status_code == 200
    assert listed(as_editor.get(list_url(Workspace.objects.get(pk=target.pk)))) == ["Production"]
