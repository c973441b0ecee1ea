"""How far an API key reaches: every route, asked with a key's token, against this list and nothing else.

A route is reached if the answer to the token is another one than to nobody.
"""

from itertools import product

import pytest
from django.test import Client

from apikeys.models import ApiKey
from apikeys.tokens import access_tokens
from tests.apikeys.machine import FORM
from tests.house.routes import body, routes
from tests.house.walk import METHODS, ask

DEPLOYMENT = "/v1/deployments/<cid:deployment>"

# Route and method, and what the token gets there without sending anything else.
REACH = {
    ("/v1/whoami", "GET"): 200,
    ("/v1/deployments", "GET"): 200,
    ("/v1alpha1/organizations", "GET"): 200,
    # No JSON was sent.
    ("/graphql", "POST"): 415,
    ("/hub/graphql", "POST"): 415,
    # A key is no person.
    ("/userinfo", "GET"): 403,
    ("/v1alpha1/users/self", "GET"): 403,
    # The command-line client prints why it goes no further.
    ("/v1alpha1/<path:url>", "GET"): 404,
    ("/v1alpha1/<path:url>", "POST"): 404,
    # No JSON, and no archive, was sent.
    (f"{DEPLOYMENT}/worker-queues", "POST"): 415,
    (f"{DEPLOYMENT}/deploys/<cid:deploy>/roll-back", "POST"): 415,
    # They know the caller, and miss the token that they should look at or end.
    ("/oauth/introspect", "POST"): 400,
    ("/oauth/revoke", "POST"): 400,
    # It says that a token is not what it takes.
    ("/oauth/token", "POST"): 401,
    ("/oauth/token/", "POST"): 401,
}

# The same in its own Deployment; any other one's is missing.
REACH_AT_HOME = {
    (DEPLOYMENT, "GET"): 200,
    (f"{DEPLOYMENT}/variables", "GET"): 200,
    (f"{DEPLOYMENT}/worker-queues", "GET"): 200,
    (f"{DEPLOYMENT}/worker-queues/<queue>", "GET"): 200,
    (f"{DEPLOYMENT}/alert-emails", "GET"): 200,
    (f"{DEPLOYMENT}/deploys", "GET"): 200,
    (f"{DEPLOYMENT}/deploys", "POST"): 415,
    (f"{DEPLOYMENT}/deploys/<cid:deploy>", "GET"): 200,
}

pytestmark = pytest.mark.threat("T-L5")


@pytest.fixture
def token(cast) -> str:
    """A token of a key of Home."""
    key = ApiKey.objects.select_related("deployment").get(pk=cast.home.key)
    text, _ = access_tokens.mint_for_key(
        key_id=key.pk,
        deployment=key.deployment_id,
        workspace=key.deployment.workspace_id,
        secret=1,
        generation=key.generation,
        ends_at=None,
    )
    return text


@pytest.mark.parametrize("place", ["home", "sibling", "elsewhere"])
def test_a_key_reaches_what_is_listed_and_nothing_else(cast, token, place):
    client, reached = Client(), {}
    for route, method in product(routes(), METHODS):
        path = route.path(cast, getattr(cast, place))
        data = body(route, cast) if method == "POST" else None
        headers = {"Content-Type": FORM} if route.is_for_programs else {}
        to_nobody = ask(client, path, method, data, headers=headers)
        to_key = ask(client, path, method, data, headers={**headers, "Authorization": f"Bearer {token}"})
        if (to_key.status, to_key.body) != (to_nobody.status, to_nobody.body) and not _is_form(to_key):
            reached[str(route), method] = to_key.status

    in_deployments = REACH_AT_HOME if place == "home" else dict.fromkeys(REACH_AT_HOME, 404)
    assert reached == REACH | in_deployments


def test_what_is_public_tells_a_key_no_more_than_anybody(cast, token):
    client = Client()
    for route in routes():
        if route.is_for_programs and route.view.accepts is None and (str(route), "GET") not in REACH:
            path = route.path(cast)
            to_key = ask(client, path, headers={"Authorization": f"Bearer {token}"})

            assert to_key.body == ask(client, path).body, str(route)


def _is_form(answer) -> bool:
    """A page with a form has a fresh CSRF token in each answer."""
    return b"csrfmiddlewaretoken" in answer.body
