"""How a pipeline speaks to the machine face, for the tests of tokens."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import jwt
from django.test import Client

from apikeys import credentials
from apikeys.key_secrets import Issued
from apikeys.models import ApiKeySecret
from apikeys.tokens import signing_keys

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


def post(path: str, parameters, *, client: Client | None = None, **headers: Any):
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


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, believed without a look at its signature."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(claims, header=None, sign=None) -> str:
    """A token with any claims and header, signed by our own key unless told otherwise.

    No library makes it: they refuse to make most of what must be refused here.
    """
    keys = signing_keys.keys()
    full = {"alg": "EdDSA", "typ": "at+jwt", "kid": keys.kid, **(header or {})}
    text = ".".join(unpadded(json.dumps(part).encode()) for part in (full, claims))
    return f"{text}.{unpadded((sign or keys.signer.private_key.sign)(text.encode()))}"


def unpadded(data: bytes) -> str:
    """Base64 as JSON Web Tokens write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(issued) -> str:
    """A secret of the right form that was never issued."""
    secret = issued.secret.reveal()
    return secret[:-1] + ("0" if secret[-1] != "0" else "1")


def never_stored() -> str:
    """A secret with a genuine tag that belongs to no key."""
    return credentials.generate_secret().reveal()


def works(issued: Issued) -> bool:
    """Whether the secret opens its key now."""
    rows = ApiKeySecret.objects.live().filter(key=issued.key)
    return any(credentials.verify(issued.secret, row.encoded, row.pepper_version) for row in rows)
