"""`astro login` as the client and the browser do it, for the tests."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client
from django.utils import timezone

from apikeys.models import AuthorizationGrant
from tests.apikeys.machine import error_of, post, whoami
from workspaces.models import AuditEvent

CALLBACK: Final = "http://localhost:12345/callback"
# RFC 7636 appendix B.
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
# As the client sends them.
REQUEST: Final = {
    "prompt": "login",
    "audience": "astronomer-ee",
    "client_id": "console-cli",
    "redirect_uri": CALLBACK,
    "scope": "openid profile email offline_access",
    "response_type": "code",
    "response_mode": "query",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def authorize_url(*, without: str = "", **changes: str) -> str:
    """The address that the client opens in the browser, with another value or without one."""
    request = {name: value for name, value in {**REQUEST, **changes}.items() if name != without}
    return f"/authorize?{urlencode(request)}"


def decide(client: Client, decision: str = "allow", **changes: str):
    """The answer to the consent page's button."""
    return client.post(authorize_url(**changes), {"decision": decision})


def answer_in(response) -> dict[str, str]:
    """What a redirect brings to the client's address; it leads nowhere else."""
    assert response.status_code == 303, response.content
    url = urlsplit(response["Location"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == CALLBACK
    assert not url.fragment
    return {name: value for name, [value] in parse_qs(url.query, keep_blank_values=True).items()}


def code_of(client: Client, **changes: str) -> str:
    """A fresh code, allowed by the person who is signed in there."""
    return answer_in(decide(client, **changes))["code"]


def exchange_code(code: str, **changes: str):
    """The answer to the exchange of a code."""
    parameters = {
        "client_id": "console-cli",
        "code": code,
        "code_verifier": VERIFIER,
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        **changes,
    }
    return post("/oauth/token", parameters)


def refresh(token: str, **changes: str):
    """The answer to a refresh."""
    parameters = {"client_id": "console-cli", "grant_type": "refresh_token", "refresh_token": token}
    return post("/oauth/token", {**parameters, **changes})


def sign_in(client: Client) -> dict[str, Any]:
    """The tokens of a whole `astro login`."""
    response = exchange_code(code_of(client))
    assert response.status_code == 200, response.content
    tokens: dict[str, Any] = response.json()
    return tokens


def results(operation: str) -> list[tuple[str, str]]:
    """By whom and with which result that was done, in order."""
    events = AuditEvent.objects.filter(operation=operation).order_by("pk")
    return [(event.subject_kind, event.result) for event in events]


def is_alive(token: str) -> bool:
    """Whether an access token is accepted; if not, it is refused as such."""
    response = whoami(token)
    if response.status_code == 200:
        return True
    assert (response.status_code, error_of(response)) == (401, "invalid_token")
    return False


def age(**columns: timedelta) -> None:
    """Let the times of every sign-in lie that far back."""
    now = timezone.now()
    AuthorizationGrant.objects.update(**{name: now - past for name, past in columns.items()})
