"""How the `astro` command-line client finds this installation: `/auth-config`, `/userinfo` and the REST calls."""

import pytest
from django.test import Client

from apikeys.tokens import access_tokens
from tests.apikeys.machine import JSON, error_of
from tests.factories import create_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return create_user(email="eda@example.com", full_name="Eda Editor")


@pytest.fixture
def as_person(person):
    token, _ = access_tokens.mint_for_user(person)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def as_key(token):
    return {"Authorization": f"Bearer {token}"}


def test_discovery_is_public_and_its_address_ends_in_a_slash():
    response = Client().get("/auth-config")

    assert response.headers["Content-Type"] == JSON
    assert response.json() == {
        "clientId": "console-cli",
        "audience": "astronomer-ee",
        "domainUrl": "http://localhost:8871/",
    }


def test_a_person_learns_who_it_is(person, as_person):
    assert Client().get("/userinfo", headers=as_person).json() == {
        "sub": person.pk,
        "email": "eda@example.com",
        "name": "Eda Editor",
    }
    myself = Client().get("/v1alpha1/users/self?createIfNotExist=true", headers=as_person)
    assert myself.json() == {
        "id": person.pk,
        "username": "eda@example.com",
        "fullName": "Eda Editor",
        "status": "ACTIVE",
        "avatarUrl": "",
    }


def test_who_has_no_name_is_called_by_the_address(as_person, person):
    person.full_name = ""
    person.save()

    assert Client().get("/userinfo", headers=as_person).json()["name"] == "eda@example.com"


def test_a_key_is_no_person(as_key):
    assert error_of(Client().get("/userinfo", headers=as_key)) == "insufficient_scope"
    response = Client().get("/v1alpha1/users/self", headers=as_key)
    assert response.status_code == 403
    assert response.json()["message"] == "An API key cannot use this address."


def test_there_is_one_organization_for_people_and_keys(as_person, as_key, settings):
    settings.ORGANIZATION_NAME, settings.ORGANIZATION_SHORT_NAME = "Ängström & Co", "angstrom-co"

    for headers in (as_person, as_key):
        response = Client().get("/v1alpha1/organizations", headers=headers)

        assert (response.status_code, response.headers["Content-Type"]) == (200, JSON)
        assert response.json() == [
            {
                "id": "c000000000000000000000001",
                "name": "Ängström & Co",
                "shortName": "angstrom-co",
                "product": "HYBRID",
            }
        ]


@pytest.mark.parametrize(
    ("method", "path", "has_token", "status", "message"),
    [
        ("get", "/v1alpha1/organizations", False, 401, "Send an access token"),
        ("post", "/v1alpha1/organizations", True, 405, "Use GET, HEAD here."),
        ("get", "/v1alpha1/clusters/shared", True, 404, "Cloud UI does not serve this command"),
        ("delete", "/v1alpha1/organizations/a/workspaces/b", True, 404, "There is another Organization"),
        (
            "delete",
            "/v1alpha1/organizations/my-organization/workspaces/b",
            True,
            404,
            "There is no such Work",
        ),
        ("get", "/v1alpha1/organizations/my-organization/teams", True, 404, "Cloud UI does not serve this"),
        ("get", "/v1alpha1/clusters/shared", False, 401, "Send an access token"),
    ],
)
def test_a_failure_has_the_words_that_the_client_prints(as_person, method, path, has_token, status, message):
    response = getattr(Client(), method)(path, headers=as_person if has_token else {})

    said = response.json()
    assert response.status_code == status
    assert said.keys() == {"message", "requestId", "statusCode"}
    assert said["message"].startswith(message)
    assert said["requestId"] == ""
    assert said["statusCode"] == status
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert response.headers["Cache-Control"] == "no-store"
