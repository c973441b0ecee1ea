"""`POST /graphql`: who sees what, in how many queries, and what a query may not look like."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apikeys.astro import refusals
from apikeys.astro.graphql import rows
from apikeys.astro.graphql.document import MOST_TOKENS
from apikeys.tokens import access_tokens
from deployments.models import Deployment, EnvironmentVariable
from deployments.variables.service import VariableInput, save_variables
from tests.apikeys.machine import FORM, JSON, error_of
from tests.clients import astro_queries
from tests.factories import create_deployment, create_owner, create_user, disable_api_key

pytestmark = pytest.mark.django_db

ALL = {"organizationId": "", "workspaceId": ""}
IDS = "query($organizationId: Id!, $workspaceId: Id)"
IDS += "{deployments(organizationId: $organizationId, workspaceId: $workspaceId) {id}}"


@pytest.fixture
def as_key(token):
    return {"Authorization": f"Bearer {token}"}


def bearer(person):
    return {"Authorization": f"Bearer {access_tokens.mint_for_user(person)[0]}"}


def post(body, headers, content_type=JSON):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client().post("/graphql", text, content_type=content_type, headers=headers)


def ask(query, headers, variables=None):
    response = post({"query": query, "variables": variables}, headers)
    assert response.status_code == 200, response.content
    return response.json()


def refusal(query, headers, variables=None):
    said = ask(query, headers, variables)
    assert said.keys() == {"errors"}
    [error] = said["errors"]
    assert error.keys() == {"message"}
    assert "%" not in error["message"]
    return error["message"]


def ids(headers, **variables):
    return [one["id"] for one in ask(IDS, headers, {**ALL, **variables})["data"]["deployments"]]


# Who sees what


@pytest.mark.threat("T-L5")
def test_a_key_sees_its_own_deployment_and_no_other(as_key, deployment):
    sibling, stranger = create_deployment(workspace=deployment.workspace), create_deployment()

    assert ids(as_key) == ids(as_key, workspaceId=deployment.workspace_id) == [deployment.pk]
    for other in (sibling, stranger):
        asked = {"deploymentId": other.pk}
        assert refusal(astro_queries.DEPLOYMENT, as_key, asked) == refusals.NO_DEPLOYMENT_OF_KEY
    assert refusal(IDS, as_key, {**ALL, "workspaceId": stranger.workspace_id}) == refusals.NO_WORKSPACE


def test_a_person_sees_what_the_roles_of_this_moment_show(deployment, admin):
    headers, stranger = bearer(admin), create_deployment()

    assert ids(headers) == ids(headers, workspaceId=deployment.workspace_id) == [deployment.pk]
    assert refusal(IDS, headers, {**ALL, "workspaceId": stranger.workspace_id}) == refusals.NO_WORKSPACE
    assert ids(bearer(create_user())) == []
    assert set(ids(bearer(create_owner()))) == {deployment.pk, stranger.pk}

    admin.memberships.all().delete()

    assert ids(headers) == []


def test_a_workspace_without_deployments_is_an_empty_list(deployment, admin):
    Deployment.objects.all().delete()

    assert ids(bearer(admin), workspaceId=deployment.workspace_id) == []


def test_no_workspace_at_all_means_every_workspace(as_key, deployment):
    assert ids(as_key, workspaceId=None) == [deployment.pk]


def test_what_is_absent_is_absent_in_the_same_way(deployment, admin):
    headers, asked = bearer(admin), (create_deployment().pk, "c" + "0" * 24, "", "no-such-thing")

    said = {refusal(astro_queries.DEPLOYMENT, headers, {"deploymentId": one}) for one in asked}

    assert said == {refusals.NO_DEPLOYMENT}


def test_another_organization_is_not_here(as_key):
    variables = {**ALL, "organizationId": "elsewhere"}

    assert refusal(IDS, as_key, variables) == rows.OTHER_ORGANIZATION
    assert ids(as_key, organizationId="c000000000000000000000001")


def test_a_secret_variable_stays_secret_and_an_unreadable_one_is_empty(deployment, admin, as_caller):
    wanted = [
        VariableInput("MOVED", "open"),
        VariableInput("OPEN", "open"),
        VariableInput("SECRET", "hidden", is_secret=True),
    ]
    save_variables(as_caller, deployment, wanted)
    # Somebody turns a flag, and renames a variable, in the database.
    EnvironmentVariable.objects.filter(key="SECRET").update(is_secret=False)
    EnvironmentVariable.objects.filter(key="MOVED").update(key="MOVED_AWAY")

    said = ask(astro_queries.DEPLOYMENTS, bearer(admin), ALL)

    [shown] = said["data"]["deployments"]
    values = {one["key"]: one["value"] for one in shown["deploymentSpec"]["environmentVariablesObjects"]}
    assert values == {"MOVED_AWAY": "", "OPEN": "open", "SECRET": ""}
    assert "hidden" not in json.dumps(said)


# What it costs


def test_a_list_costs_the_same_number_of_queries_however_long_it_is(deployment, admin, as_caller):
    headers, numbers = bearer(admin), []
    for more in (1, 6):
        for _ in range(more):
            added = create_deployment(workspace=deployment.workspace)
            save_variables(
                as_caller, added, [VariableInput("A", "1"), VariableInput("B", "2", is_secret=True)]
            )
        with CaptureQueriesContext(connection) as queries:
            found = ask(astro_queries.DEPLOYMENTS, headers, {**ALL, "workspaceId": deployment.workspace_id})
        numbers.append(len(queries))
        assert len(found["data"]["deployments"]) > more

    # The caller, the Deployments, their node pools, worker queues and variables.
    assert numbers == [5, 5]


# What is refused


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('{deployments(organizationId: "") {id secret}}', "Cannot query field 'secret' on type 'Deployment'"),
        (
            '{workspace(id: "") {id}}',
            "does not serve this command of the astro CLI yet (it asks for workspace",
        ),
        ("mutation {deployments {id}}", "(it asks for deployments)"),
        ("subscription {deployments {id}}", "(it asks for deployments)"),
        ("mutation {deleteDeployment {id} createDeployment {id}}", "Send one mutation at a time"),
        ('{deployments(organizationId: "") {' + "workspace {" * 50 + "id" + "}" * 52, "nested too deeply"),
        ("{" + " ".join(f"a{n}: __typename" for n in range(1000)) + "}", "too long"),
        ("{__schema {types {name}}}", "does not serve this command"),
        ('{__type(name: "Query") {name}}', "does not serve this command"),
        ('{a: deployments(organizationId: "") {id}}', "without aliases"),
        ('{deployments(organizationId: "") {a: id b: id}}', "without aliases"),
        ('{...on Query {deployments(organizationId: "") {id}}}', "without fragments"),
        ('{...Q} fragment Q on Query {deployments(organizationId: "") {id}}', "without fragments"),
        ('{workspaces(organizationId: "") {id}} query B {__typename}', "one operation"),
        ("{" * 13, "nested too deeply"),
        ("[" * MOST_TOKENS, "nested too deeply"),
        ('{workspaces(organizationId: "") {' + "id " * MOST_TOKENS + "}}", "too long"),
        ("# " + "x" * 9000, "Syntax Error"),
        ("#\n" * 10_001, "too long"),
        ("", "Syntax Error"),
        ('{workspaces(organizationId: "100% no") {id}}', "not an identifier"),
        ("{workspaces(organizationId: 1) {id}}", "not an identifier"),
        ("{ %", "Syntax Error"),
        ("{workspaces {id}}", "of type 'Id!' is required"),
    ],
)
def test_a_query_that_is_not_served_gets_a_sentence(as_key, query, message):
    assert message in refusal(query, as_key)


def test_what_the_client_needs_is_far_within_the_limits(as_key):
    assert "data" in ask(astro_queries.DEPLOYMENTS, as_key, ALL)
    assert "data" in ask("{__typename}", as_key)


@pytest.mark.parametrize("value", [None, 1, True, ["a"], {"a": 1}, "a/b", "x" * 65])
def test_an_identifier_is_a_short_text(as_key, value):
    assert refusal(IDS, as_key, {**ALL, "organizationId": value})


def test_a_missing_variable_is_named(as_key):
    assert "$organizationId" in refusal(IDS, as_key, None)


def test_the_operation_may_be_named(as_key):
    right = {"query": "query A {__typename}", "operationName": "A"}
    wrong = {**right, "operationName": "B"}

    assert post(right, as_key).json() == {"data": {"__typename": "Query"}}
    assert "Unknown operation named 'B'" in post(wrong, as_key).json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([{"query": "{__typename}"}], 400),
        ({}, 400),
        ({"query": None}, 400),
        ({"query": "{__typename}", "variables": []}, 400),
        ({"query": "{__typename}", "operationName": 1}, 400),
        ("{", 400),
        (b"\xff", 400),
        ("[" * 100_000, 400),
        ('{"query": "{__typename}", "variables": {"a": ' + "[" * 700 + "]" * 700 + "}}", 400),
        ({"query": "{__typename}", "variables": {"a": "\0"}}, 400),
        ({"query": "x" * 1024 * 1024}, 413),
    ],
)
def test_what_is_no_request_is_a_bad_one(as_key, body, status):
    response = post(body, as_key)

    assert response.status_code == status
    assert error_of(response) == "invalid_request"


def test_only_json_is_read(as_key):
    assert post({"query": "{__typename}"}, as_key, FORM).status_code == 415


def test_it_is_not_served_by_get(as_key):
    response = Client().get("/graphql?query={__typename}", headers=as_key)

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_nobody_and_a_token_that_was_ended_get_nothing(issued, as_key):
    assert post({"query": "{__typename}"}, {}).status_code == 401

    disable_api_key(issued.key)

    response = post({"query": "{__typename}"}, as_key)
    assert (response.status_code, error_of(response)) == (401, "invalid_token")


def test_a_token_that_has_expired_is_told_in_the_clients_words(as_key, monkeypatch):
    later = access_tokens.time.time() + 25 * 60 * 60
    monkeypatch.setattr("apikeys.tokens.access_tokens.time.time", lambda: later)

    response = post({"query": "{__typename}"}, as_key)

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json() == {
        "errors": [{"message": "Your token has expired. Log in again with astro login localhost."}]
    }


def test_a_fault_of_ours_is_a_server_error_without_its_text(as_key, monkeypatch):
    def fail(*args):
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(rows, "deployments_of", fail)
    body = json.dumps({"query": IDS, "variables": ALL})

    client = Client(raise_request_exception=False)
    response = client.post("/graphql", body, content_type=JSON, headers=as_key)

    assert response.status_code == 500
    assert error_of(response) == "server_error"
    assert b"swordfish" not in response.content
