"""Transfer Deployment where there are many Workspaces to choose from."""

import pytest

from tests.deployments.helpers import HX, page, signed_in, text, url
from tests.factories import create_deployment, create_owner, create_workspace
from tests.growth import assert_grows_little
from tests.workspaces.test_switcher import many
from workspaces.models import Workspace


@pytest.fixture
def client(db):
    return signed_in(create_owner())


def offered(response):
    return [option.get_text() for option in page(response).select("#id_workspace option")][1:]


def test_the_dialog_costs_the_same_with_a_thousand_workspaces(client, deployment):
    path = url("deployments:transfer", deployment)
    many(number=30)

    response = assert_grows_little(lambda: client.get(path, headers=HX), lambda: many(number=1000, start=30))

    assert len(offered(response)) == 25
    assert "There are more. Search for the one that is not here." in text(response)


@pytest.mark.parametrize("headers", [HX, {}], ids=["dialog", "page without scripts"])
def test_one_that_is_not_offered_is_searched_for_and_chosen(client, deployment, headers):
    path = url("deployments:transfer", deployment)
    many(number=30)
    target = create_workspace(name="Zulu")
    assert "Zulu" not in offered(client.get(path, headers=headers))

    found = client.get(path, {"q": "zu"}, headers=headers)
    client.post(path, {"workspace": target.pk}, headers=headers)

    assert offered(found) == ["Zulu"]
    deployment.refresh_from_db()
    assert deployment.workspace == target


def test_a_choice_that_is_refused_stays_chosen(client, deployment):
    path = url("deployments:transfer", deployment)
    many(number=30)
    taken = create_workspace(name="Zulu")
    create_deployment(workspace=taken, name=deployment.name)

    response = client.post(path, {"workspace": taken.pk})

    assert page(response).select_one("#id_workspace option[selected]")["value"] == taken.pk
    assert len(offered(response)) == 26


def test_a_search_without_a_match_says_so_and_keeps_the_box(client, deployment):
    many(number=30)

    response = client.get(url("deployments:transfer", deployment), {"q": "nothing"})

    assert "has a name that begins with this" in text(response)
    assert page(response).select_one("main input[name=q]")["value"] == "nothing"


@pytest.mark.parametrize("value", ["\0", "x" * 5000, "'"])
def test_nonsense_is_never_a_failure(client, deployment, value):
    path = url("deployments:transfer", deployment)

    assert client.get(path, {"q": value}).status_code == 200
    assert client.post(path, {"workspace": value}).status_code in {404, 422}
    assert Workspace.objects.filter(deployments=deployment).exists()
