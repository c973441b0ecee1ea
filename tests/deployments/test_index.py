"""The list of Deployments: what it shows, to whom, and at what cost."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from deployments.models import Deployment, Status
from tests.deployments.helpers import HX, list_url, names, page, text
from tests.factories import create_deployment, create_workspace


def test_nobody_signs_in_first(as_nobody, workspace):
    response = as_nobody.get(list_url(workspace))

    assertRedirects(response, f"/account/login/?next={list_url(workspace)}")


@pytest.mark.parametrize("view", ["", "?view=table"])
def test_a_member_sees_the_deployments_but_no_buttons(as_member, workspace, deployment, view):
    response = as_member.get(list_url(workspace, view))

    assertContains(response, "Production")
    assertNotContains(response, "/deployments/new")
    assertNotContains(response, "Delete Deployment")


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
@pytest.mark.parametrize("view", ["", "?view=table"])
def test_who_may_change_deployments_finds_the_buttons(request, client, workspace, deployment, view):
    response = request.getfixturevalue(client).get(list_url(workspace, view))

    assertContains(response, f"/{workspace.pk}/deployments/new")
    assertContains(response, f"/{workspace.pk}/deployments/{deployment.pk}/delete")


def test_deployments_of_other_workspaces_are_not_listed(as_owner, workspace, deployment):
    create_deployment(workspace=create_workspace(), name="Elsewhere")

    assert names(as_owner.get(list_url(workspace))) == ["Production"]


@pytest.mark.parametrize(
    ("number", "heading"), [(0, "0 Deployments"), (1, "1 Deployment"), (2, "2 Deployments")]
)
def test_the_heading_counts(as_member, workspace, number, heading):
    for _ in range(number):
        create_deployment(workspace=workspace)

    shown = page(as_member.get(list_url(workspace))).h2
    assert shown is not None
    assert shown.get_text() == heading


def test_a_card_says_where_the_deployment_runs_and_who_changed_it(as_member, workspace, several):
    Deployment.objects.filter(name="Alpha").update(updated_by_kind="user", updated_by_name="Eda Editor")

    card = page(as_member.get(list_url(workspace))).select_one(".card")
    assert card is not None

    said = " ".join(card.get_text(" ").split())
    assert "alpha-moon-1 · east · v13.9.1" in said
    assert said.endswith("Updated now by Eda Editor")


def test_a_change_by_an_api_key_says_so(as_member, workspace, deployment):
    Deployment.objects.update(updated_by_kind="api_key", updated_by_name="CI deploys")

    assert "by API Key CI deploys" in text(as_member.get(list_url(workspace)))


@pytest.mark.parametrize(
    ("status", "word", "edge"),
    [
        (Status.HEALTHY, "Healthy", "card--good"),
        (Status.UNHEALTHY, "Unhealthy", "card--bad"),
        (Status.NOT_CONNECTED, "Not connected", None),
        (Status.CREATING, "Creating", None),
        (Status.DEPLOYING, "Deploying", None),
    ],
)
def test_health_is_a_word_and_a_colour(as_member, workspace, status, word, edge):
    create_deployment(workspace=workspace, status=status)

    card = page(as_member.get(list_url(workspace))).select_one(".card")
    assert card is not None

    badge = card.select_one(".badge")
    assert badge is not None
    assert badge.get_text() == word
    assert [name for name in card["class"] if name in {"card--good", "card--bad"}] == ([edge] if edge else [])


def test_an_empty_workspace_says_who_can_create_the_first(as_editor, as_member, workspace):
    empty = "This Workspace has no Deployments."

    assert f"{empty} Create a Deployment" in text(as_editor.get(list_url(workspace)))
    member = as_member.get(list_url(workspace))
    assert f"{empty} An Editor or Admin of the Workspace can create one." in text(member)
    assertNotContains(member, "/deployments/new")


def test_htmx_gets_the_list_alone_and_the_address_to_show(as_member, workspace, several):
    response = as_member.get(list_url(workspace), {"q": "beta", "view": "cards"}, headers=HX)

    assert response.template_name == "deployments/index.html#deployment-list"
    assert names(response) == ["beta"]
    assert response.headers["HX-Replace-Url"] == list_url(workspace, "?q=beta")
    assert "HX-Request" in response.headers["Vary"]


def test_the_list_refreshes_itself_as_it_is_shown(as_member, workspace, several):
    response = as_member.get(list_url(workspace, "?view=table&q=a"))

    section = page(response).select_one("#deployment-list")
    assert section is not None
    assert section["hx-get"] == list_url(workspace, "?q=a&view=table")
    assert section["hx-trigger"] == "deployments:changed from:body, page:stale from:body"


def test_names_with_markup_are_text(as_editor, workspace):
    create_deployment(
        workspace=workspace,
        name="<script>alert(1)</script>",
        description="<img src=x>",
        updated_by_name="<b>Eda</b>",
    )

    for view in ("cards", "table"):
        response = as_editor.get(list_url(workspace), {"view": view, "q": "<script>"})

        assertNotContains(response, "<script>alert")
        assertNotContains(response, "<img src=x>")
        assertNotContains(response, "<b>Eda")
