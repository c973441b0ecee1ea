"""Deleting a Deployment: the word must be typed, its keys die with it, strangers see nothing."""

import json

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from apikeys.models import ApiKey, ApiKeySecret
from deployments.models import Deployment
from tests.deployments.helpers import HX, field_error, list_url, text, url
from tests.factories import create_api_key, create_deployment, create_workspace


def delete_url(deployment):
    return url("deployments:delete", deployment)


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
@pytest.mark.parametrize("word", ["Delete", "  Delete \t"])
def test_the_typed_word_deletes(request, client, deployment, workspace, word):
    response = request.getfixturevalue(client).post(delete_url(deployment), {"word": word}, follow=True)

    assertRedirects(response, list_url(workspace))
    assertContains(response, "Deployment Production was deleted.")
    assert not Deployment.objects.filter(pk=deployment.pk).exists()


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("delete", "Type Delete exactly (capital D)."),
        ("Production", "Type Delete to confirm."),
        ("Dele\u200bte", "Type Delete to confirm."),
        ("D\u0435lete", "Type Delete to confirm."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HX])
def test_any_other_word_deletes_nothing(as_admin, deployment, word, error, headers):
    response = as_admin.post(delete_url(deployment), {"word": word}, headers=headers)

    assert response.status_code == 422
    assert field_error(response, "word") == error
    assert Deployment.objects.filter(pk=deployment.pk).exists()


def test_all_its_keys_and_their_secrets_go_with_it(as_editor, deployment):
    for _ in range(2):
        create_api_key(deployment)
    kept = create_api_key(create_deployment(workspace=create_workspace()))

    as_editor.post(delete_url(deployment), {"word": "Delete"})

    assert list(ApiKey.objects.all()) == [kept.key]
    assert ApiKeySecret.objects.count() == 1


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [(1, "1 API Key stops working at once."), (3, "3 API Keys stop working at once.")],
)
def test_the_dialog_says_how_many_keys_die(as_editor, deployment, keys, sentence):
    Deployment.objects.update(api_key_count=keys)

    assert sentence in text(as_editor.get(delete_url(deployment), headers=HX))


def test_without_keys_there_is_nothing_to_say_about_them(as_editor, deployment):
    assert "working at once" not in text(as_editor.get(delete_url(deployment), headers=HX))


def test_it_is_a_page_with_the_deployment_around_it(as_editor, deployment):
    response = as_editor.get(delete_url(deployment))

    assert "NAMESPACE" in text(response).upper()
    assertContains(response, "Yes, Continue")
    assertContains(response, f'href="{url("deployments:open", deployment)}"')


def test_over_the_list_the_dialog_closes_and_the_list_is_told(as_editor, deployment, workspace):
    response = as_editor.post(
        delete_url(deployment),
        {"word": "Delete"},
        headers={**HX, "HX-Current-URL": f"http://testserver{list_url(workspace)}"},
    )

    assert response.template_name == "components/toasts_oob.html"
    assert set(json.loads(response.headers["HX-Trigger"])) == {"dialog:close", "deployments:changed"}
    assertContains(response, "Deployment Production was deleted.")


@pytest.mark.parametrize("name", ["apikeys:index", "deployments:activity"])
def test_over_one_of_its_own_pages_the_browser_leaves_for_the_list(as_editor, deployment, workspace, name):
    response = as_editor.post(
        delete_url(deployment),
        {"word": "Delete"},
        headers={**HX, "HX-Current-URL": f"http://testserver{url(name, deployment)}"},
    )

    assert response.headers["HX-Redirect"] == list_url(workspace)
    assertContains(as_editor.get(list_url(workspace)), "Deployment Production was deleted.")
