"""Deleting a key: the word must be typed, the key is gone for good, strangers see nothing."""

import pytest

from apikeys.models import ApiKey
from tests.apikeys.pages import events, field_error, soup, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(deployment):
    return create_api_key(deployment, name="CI").key


@pytest.mark.parametrize("word", ["Delete", "  Delete  "])
def test_the_typed_word_deletes_the_key(as_admin, deployment, key, word):
    response = as_admin.post(url("delete", deployment, key), {"word": word})

    assert response.status_code == 302
    assert not ApiKey.objects.exists()
    assert "API Key CI was deleted." in text(as_admin.get(url("index", deployment)))


@pytest.mark.threat("T-L6")
@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("", "Type Delete to confirm."),
        ("delete", "Type Delete exactly (capital D)."),
        ("DELETE", "Type Delete exactly (capital D)."),
        ("Delete!", "Type Delete to confirm."),
        ("Delete x", "Type Delete to confirm."),
        ("De lete", "Type Delete to confirm."),
    ],
)
def test_any_other_word_deletes_nothing(as_admin, deployment, key, word, error):
    response = as_admin.post(url("delete", deployment, key), {"word": word})

    assert response.status_code == 422
    assert field_error(response, "word") == error
    assert soup(response).find("input", {"name": "word"}).get("value", "") == word
    assert ApiKey.objects.exists()


@pytest.mark.threat("T-L6")
def test_without_any_word_nothing_is_deleted(as_admin, deployment, key):
    assert as_admin.post(url("delete", deployment, key)).status_code == 422
    assert as_admin.get(url("delete", deployment, key)).status_code == 200
    assert ApiKey.objects.exists()


def test_in_a_dialog_the_list_is_told_and_the_dialog_closes(as_admin, deployment, key, hx):
    response = as_admin.post(url("delete", deployment, key), {"word": "Delete"}, headers=hx)

    assert response.template_name == "components/toasts_oob.html"
    assert set(events(response)) == {"apikeys:changed", "dialog:close"}


def test_the_dialog_names_the_key_and_warns(as_admin, deployment, key):
    page = text(as_admin.get(url("delete", deployment, key)))

    assert f"CI ( {key.pk} )" in page
    assert "Make sure that no CI/CD pipeline is using it" in page


def test_a_second_delete_finds_nothing(as_admin, deployment, key):
    as_admin.post(url("delete", deployment, key), {"word": "Delete"})

    assert as_admin.post(url("delete", deployment, key), {"word": "Delete"}).status_code == 404
