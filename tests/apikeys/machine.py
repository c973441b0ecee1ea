"""How a pipeline speaks to the machine face, for the tests of tokens."""

import json
from urllib.parse import urlencode

from django.test import Client

from apikeys.issuing import Issued

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# What differs between any two answers.
OF_THIS_REQUEST = {"X-Request-Id"}


def credentials_of(issued: Issued, **changes: str) -> dict[str, str]:
    """The parameters of an exchange."""
    return {
        "grant_type": "client_credentials",
        "client_id": issued.key.pk,
        "client_secret": issued.secret.reveal(),
        **changes,
    }


def post(path: str, parameters, *, client: Client | None = None, **headers):
    """Send a form."""
    return (client or Client()).post(path, urlencode(parameters), content_type=FORM, headers=headers)


def exchange(issued: Issued, **changes: str):
    """The answer to an exchange."""
    return post("/oauth/token", credentials_of(issued, **changes))


def token_of(issued: Issued) -> str:
    """A fresh access token of a key."""
    response = exchange(issued)
    assert response.status_code == 200, response.content
    return response.json()["access_token"]


def whoami(token: str, path: str = "/v1/whoami"):
    """The answer to the simplest call with a token."""
    return Client().get(path, headers={"Authorization": f"Bearer {token}"})


def shown(response) -> tuple[int, bytes, dict[str, str]]:
    """Everything of an answer by which two could be told apart."""
    headers = {name: value for name, value in response.headers.items() if name not in OF_THIS_REQUEST}
    return response.status_code, response.content, headers


def error_of(response) -> str:
    """The error code of an answer that is an error in the one documented shape."""
    assert response.status_code >= 400
    assert response.headers["Content-Type"] == JSON
    assert response.headers["Cache-Control"] == "no-store"
    content = json.loads(response.content)
    assert content.keys() == {"error", "error_description"}
    for text in content.values():
        # RFC 6749 section 5.2, and no percent sign: the command-line client formats what it prints.
        assert text
        assert all(" " <= character <= "~" and character not in '"\\%' for character in text), text
    return content["error"]
