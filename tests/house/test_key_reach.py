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
CORE = "/v1alpha1/organizations/<slug:organization>"
WORKSPACE = f"{CORE}/workspaces/<slug:workspace>"

# Route and method, and what the token gets there without sending anything else.
REACH = {
    ("/v1/whoami", "GET"): 200,
    ("/v1/deployments", "GET"): 200,
    # It says that a key is no Owner.
    ("/v1/audit-events", "GET"): 403,
    ("/v1alpha1/organizations", "GET"): 200,
    # No JSON was sent.
    ("/graphql", "POST"): 415,
    ("/hub/graphql", "POST"): 415,
    # A key is no person.
    ("/userinfo", "GET"): 403,
    ("/v1alpha1/users/self", "GET"): 403,
    (f"{CORE}/workspaces", "GET"): 200,
    # It says why a key may not, and what to do.
    (f"{CORE}/users", "GET"): 403,
    (f"{CORE}/users/<slug:user>/role", "POST"): 403,
    (f"{CORE}/invites", "POST"): 403,
    (f"{CORE}/workspaces", "POST"): 403,
    (WORKSPACE, "POST"): 403,
    (f"{WORKSPACE}/users", "GET"): 403,
    (f"{WORKSPACE}/users//role", "POST"): 403,
    (f"{WORKSPACE}/users/role", "POST"): 403,
    (f"{WORKSPACE}/users/", "POST"): 403,
    (f"{WORKSPACE}/users/<slug:user>/role", "POST"): 403,
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

# What the client of today asks for, at each base that a version of it knows.
ORGANIZATION = "organizations/<slug:organization>"
CLIENT = {
    ("organizations", "GET"): 200,
    (ORGANIZATION, "GET"): 200,
    (f"{ORGANIZATION}/clusters", "GET"): 200,
    (f"{ORGANIZATION}/clusters/<slug:cluster>", "GET"): 200,
    (f"{ORGANIZATION}/cluster-options", "GET"): 200,
    (f"{ORGANIZATION}/deployment-options", "GET"): 200,
    (f"{ORGANIZATION}/workspaces", "GET"): 200,
    (f"{ORGANIZATION}/deployments", "GET"): 200,
    # A key is no person.
    ("users/self", "GET"): 403,
    (f"{ORGANIZATION}/users", "GET"): 403,
    (f"{ORGANIZATION}/users/<slug:user>", "GET"): 403,
    # No JSON was sent; with it they are 403, or 404 for another Deployment.
    (f"{ORGANIZATION}/users/<slug:user>/roles", "POST"): 415,
    (f"{ORGANIZATION}/workspaces", "POST"): 415,
    (f"{ORGANIZATION}/workspaces/<slug:workspace>", "POST"): 415,
    (f"{ORGANIZATION}/deployments", "POST"): 415,
    (f"{ORGANIZATION}/deployments/<slug:deployment>", "POST"): 415,
    (f"{ORGANIZATION}/deployments/<slug:deployment>/hibernation-override", "POST"): 415,
    (f"{ORGANIZATION}/deployments/<slug:deployment>/deploys", "POST"): 415,
    (f"{ORGANIZATION}/deployments/<slug:deployment>/deploys/<slug:deploy>/finalize", "POST"): 415,
    # The client prints why it goes no further.
    **{(f"{name}/<path:url>", method): 404 for name in ("organizations", "users") for method in METHODS},
}
CLIENT_AT_HOME = {
    (f"{ORGANIZATION}/deployments/<slug:deployment>", "GET"): 200,
    (f"{ORGANIZATION}/deployments/<slug:deployment>/logs", "GET"): 200,
}
CORE = "/v1alpha1/organizations/<slug:organization>"
CLIENT_IN_WORKSPACE = {(f"{ORGANIZATION}/workspaces/<slug:workspace>", "GET"): 200}

# The same in its own Deployment; any other one's is missing.
REACH_AT_HOME = {
    (DEPLOYMENT, "GET"): 200,
    (f"{DEPLOYMENT}/variables", "GET"): 200,
    (f"{DEPLOYMENT}/worker-queues", "GET"): 200,
    (f"{DEPLOYMENT}/worker-queues/<queue>", "GET"): 200,
    (f"{DEPLOYMENT}/alert-emails", "GET"): 200,
    (f"{DEPLOYMENT}/airflow", "GET"): 200,
    # What should be is written down; this one has no Airflow.
    **{(f"{DEPLOYMENT}/{verb}", "POST"): 409 for verb in ("hibernate", "wake-up", "restart")},
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

    in_deployments = REACH_AT_HOME | at_bases(CLIENT_AT_HOME)
    in_deployments |= {(f"{CORE}/deployments/<slug:deployment>/logs", "GET"): 200}
    in_workspace = at_bases(CLIENT_IN_WORKSPACE)
    if place != "home":
        in_deployments = dict.fromkeys(in_deployments, 404)
    if place == "elsewhere":
        in_workspace = dict.fromkeys(in_workspace, 404)
    core = {(f"{CORE}/deployment-options", "GET"): 200}
    assert reached == REACH | core | at_bases(CLIENT) | in_deployments | in_workspace


def at_bases(reach):
    """The same at each base of the client's interface."""
    return {
        (f"/{base}/{route}", method): status
        for base in ("v1", "<earlier:base>")
        for (route, method), status in reach.items()
    }


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
