"""Edit API Key: name and description, and nothing lost when somebody else was faster."""

import pytest

from apikeys.models import ApiKey
from tests.apikeys.pages import events, field_error, soup, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(deployment):
    return create_api_key(deployment, name="CI", description="Old").key


def test_the_form_shows_what_can_change_and_hides_the_secret(as_admin, deployment, key):
    page = as_admin.get(url("edit", deployment, key))

    assert soup(page).find("input", {"name": "name"})["value"] == "CI"
    assert key.pk in text(page)
    assert "●●●●●" in text(page)
    assert "API Key deletion cannot be undone." in text(page)


def test_updating_goes_back_to_the_list(as_admin, deployment, key):
    response = as_admin.post(
        url("edit", deployment, key), {"version": 1, "name": "Nightly", "description": ""}
    )

    assert response.status_code == 302
    assert response["Location"] == url("index", deployment)
    assert "API Key Nightly was updated." in text(as_admin.get(url("index", deployment)))


def test_in_a_dialog_the_list_is_told_and_the_dialog_closes(as_admin, deployment, key, hx):
    response = as_admin.post(
        url("edit", deployment, key), {"version": 1, "name": "Nightly", "description": ""}, headers=hx
    )

    assert response.template_name == "components/toasts_oob.html"
    assert events(response) == {"dialog:close": {}, "apikeys:changed": {"focus": f"key-{key.pk}"}}


def test_a_blank_name_is_refused_beside_the_field(as_admin, deployment, key):
    response = as_admin.post(
        url("edit", deployment, key), {"version": 1, "name": " ", "description": "Typed"}
    )

    assert response.status_code == 422
    assert field_error(response, "name") == "Enter a name."
    assert soup(response).find("textarea").get_text().strip() == "Typed"


@pytest.mark.parametrize("version", ["", "x", "0", "9" * 30])
def test_a_form_without_its_version_never_overwrites(as_admin, deployment, key, version):
    response = as_admin.post(
        url("edit", deployment, key), {"version": version, "name": "Mine", "description": ""}
    )

    assert response.status_code in {409, 422}
    assert ApiKey.objects.get().name == "CI"


def test_a_stale_edit_shows_both_and_may_be_sent_again(as_admin, deployment, key):
    as_admin.post(url("edit", deployment, key), {"version": 1, "name": "Theirs", "description": ""})

    response = as_admin.post(url("edit", deployment, key), {"version": 1, "name": "Mine", "description": ""})

    assert response.status_code == 409
    assert "It is now named “ Theirs ”" in text(response)
    assert soup(response).find("input", {"name": "name"})["value"] == "Mine"
    version = soup(response).find("input", {"name": "version"})["value"]
    as_admin.post(url("edit", deployment, key), {"version": version, "name": "Mine", "description": ""})
    assert ApiKey.objects.get().name == "Mine"


def test_a_key_deleted_meanwhile_is_not_found(as_admin, deployment, key):
    address = url("edit", deployment, key)
    key.delete()

    response = as_admin.post(address, {"version": 1, "name": "x"})

    assert response.status_code == 404
