"""A null character is refused before it reaches a database that stores none."""

import pytest
from django.test import Client

from tests.factories import create_owner, create_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    client.force_login(create_owner(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/admin/workspaces/user/?q=%00",
        "/admin/workspaces/auditevent/?kind=%00",
        "/admin/workspaces/user/%00/change/",
        "/admin/autocomplete/?app_label=workspaces&model_name=membership&field_name=user&term=%00",
    ],
)
def test_in_an_address(client, address):
    assert client.get(address).status_code == 400


def test_in_a_form(client):
    response = client.post("/admin/workspaces/user/", {"action": "x", "_selected_action": "\0"})

    assert response.status_code == 400


def test_in_a_row_of_a_form(client):
    workspace = create_workspace()
    rows = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": "\0",
        "memberships-0-role": "10",
    }

    response = client.post(f"/admin/workspaces/workspace/{workspace.pk}/change/", {"name": "A", **rows})

    assert response.status_code == 400
