"""`astro login` without a token, byte for byte as versions 1.15.1 and 1.45.0 do it, against a running server."""

import base64
import hashlib
import json
import secrets
from urllib.parse import urlencode

import pytest
import requests

from tests.clients.astro import Astro
from tests.clients.astro_shapes import Failed, decode
from tests.clients.browser_of_astro import Browser, arrived
from tests.factories import create_member
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "application/x-www-form-urlencoded"
CALLBACK = "http://localhost:12345/callback"


class AstroLogin:
    """The client's way to its tokens and to new ones."""

    def __init__(self, base: str) -> None:
        self._config = requests.get(f"{base}/auth-config", timeout=20).json()
        self._verifier = _unpadded(secrets.token_bytes(32))

    @property
    def url(self) -> str:
        """What the client opens; it encodes the spaces and nothing else."""
        challenge = _unpadded(hashlib.sha256(self._verifier.encode()).digest())
        return (
            f"{self._config['domainUrl']}authorize?prompt=login&audience={self._config['audience']}"
            f"&client_id={self._config['clientId']}&redirect_uri={CALLBACK}"
            "&scope=openid%20profile%20email%20offline_access&response_type=code&response_mode=query"
            f"&code_challenge={challenge}&code_challenge_method=S256"
        )

    def exchange(self, code: str):
        """The tokens for a code, in the order in which Go writes a form."""
        return self._post(
            client_id=self._config["clientId"],
            code=code,
            code_verifier=self._verifier,
            grant_type="authorization_code",
            redirect_uri=CALLBACK,
        )

    def refresh(self, token: str):
        """Another access token."""
        return self._post(client_id=self._config["clientId"], grant_type="refresh_token", refresh_token=token)

    def _post(self, **parameters: str):
        url = f"{self._config['domainUrl']}oauth/token"
        answer = requests.post(
            url,
            urlencode(parameters),
            headers={"Content-Type": FORM, "User-Agent": "Go-http-client/1.1"},
            timeout=20,
        )
        # The status is not looked at.
        said = json.loads(answer.text)
        if said.get("error") is not None:
            raise Failed(said["error_description"])
        shape = {
            "access_token": str,
            "refresh_token": str,
            "expires_in": int,
            "token_type": str,
            "scope": str,
        }
        return decode({**shape, "id_token": str}, said)


@pytest.fixture
def base(live_server, settings) -> str:
    settings.PUBLIC_URL = live_server.url
    return live_server.url


@pytest.fixture
def person(issued):
    return create_member(workspace=issued.key.deployment.workspace, role=Role.EDITOR, full_name="Eda")


@pytest.fixture
def login(base) -> AstroLogin:
    return AstroLogin(base)


@pytest.mark.rfc("8252", "7.3")
def test_a_person_signs_in_by_the_browser_and_works_with_both_tokens(base, login, person):
    tokens = login.exchange(arrived(Browser(person).answer(login.url, "allow"))["code"])
    later = login.refresh(tokens["refresh_token"])

    assert 86_390 <= tokens["expires_in"] <= 86_400
    assert later["refresh_token"] == "", "the client would drop another one"
    for each in (tokens, later):
        astro = Astro(home=base, core=f"{base}/v1alpha1", graphql=f"{base}/graphql")
        astro.login(each["access_token"])
        assert len(astro.deployment_list()) == 1


def test_cancel_ends_the_client_with_a_sentence(login, person):
    answer = arrived(Browser(person).answer(login.url, "cancel"))

    assert (answer["error"], answer["error_description"]) == (
        "access_denied",
        "Sign-in was cancelled in the browser.",
    )


def test_what_has_ended_tells_the_client_what_to_do(login, person):
    code = arrived(Browser(person).answer(login.url, "allow"))["code"]
    tokens = login.exchange(code)

    with pytest.raises(Failed, match=r"Run astro login again\."):
        login.exchange(code)
    with pytest.raises(Failed, match=r"Run astro login again\."):
        login.refresh(tokens["refresh_token"])


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
