"""The mutations of `POST /graphql` one by one: who may, what is refused, and that nothing secret comes back."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apikeys.astro.graphql import document
from apikeys.tokens import access_tokens
from deployments.models import Deployment, EnvironmentVariable
from deployments.variables.service import VariableInput, read_value, save_variables
from tests.apikeys.machine import JSON
from tests.clients import astro_mutations, astro_queries
from tests.factories import (
    create_deployment,
    create_member,
    create_owner,
    create_user,
)
from workspaces.models import AuditEvent, Role

pytestmark = pytest.mark.django_db

NOBODYS = "c" + "0" * 24


@pytest.fixture
def as_key(token):
    return {"Authorization": f"Bearer {token}"}


def bearer(person):
    return {"Authorization": f"Bearer {access_tokens.mint_for_user(person)[0]}"}


def member(deployment, role):
    return bearer(create_member(workspace=deployment.workspace, role=role))


def ask(query, headers, **variables):
    body = json.dumps({"query": query, "variables": variables or None})
    response = Client().post("/graphql", body, content_type=JSON, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def refusal(query, headers, **variables):
    [error] = ask(query, headers, **variables)["errors"]
    return error["message"]


def update(deployment, **changes):
    return {
        "id": deployment.pk,
        "clusterId": deployment.cluster_id,
        "label": deployment.name,
        "description": "",
        "dagDeployEnabled": False,
        "apiKeyOnlyDeployments": False,
        "deploymentSpec": {"executor": "CeleryExecutor", "scheduler": {"au": 5, "replicas": 1}},
        "isHighAvailability": False,
        "schedulerSize": "",
        "workerQueues": None,
        **changes,
    }


def new(deployment, **changes):
    given = update(deployment, label="Made")
    return {
        **{name: value for name, value in given.items() if name != "id"},
        "workspaceId": deployment.workspace_id,
        "runtimeReleaseVersion": deployment.runtime_id,
        **changes,
    }


def variables(deployment, *given):
    each = [dict(zip(("key", "value", "isSecret"), one, strict=True)) for one in given]
    return {"deploymentId": deployment.pk, "environmentVariables": each}


# Each mutation as it is sent for a Deployment.
MUTATIONS = {
    "create": lambda deployment: (astro_mutations.CREATE, {"input": new(deployment)}),
    "update": lambda deployment: (astro_mutations.UPDATE, {"input": update(deployment, label="Other")}),
    "delete": lambda deployment: (astro_mutations.DELETE, {"input": {"id": deployment.pk}}),
    "variables": lambda deployment: (
        astro_mutations.VARIABLES,
        {"input": variables(deployment, ("A", "1", False))},
    ),
    "alerts": lambda deployment: (
        astro_mutations.ALERTS,
        {"input": {"deploymentId": deployment.pk, "alertEmails": ["ops@example.com"]}},
    ),
}
OF_A_KEY = {"update", "variables", "alerts"}


@pytest.mark.threat("T-L5")
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_key_changes_its_own_deployment_and_neither_makes_nor_deletes_one(as_key, deployment, name):
    told = AuditEvent.objects.count()
    query, given = MUTATIONS[name](deployment)

    answer = ask(query, as_key, **given)

    if name in OF_A_KEY:
        assert answer.keys() == {"data"}
        assert AuditEvent.objects.count() == told + 1
    else:
        assert f"An API key cannot {name} a Deployment. Use the console" in answer["errors"][0]["message"]
        assert AuditEvent.objects.count() == told
    assert Deployment.objects.count() == 1


@pytest.mark.threat("T-L5")
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_key_does_not_know_other_deployments(as_key, deployment, name):
    query, given = MUTATIONS[name](create_deployment(workspace=deployment.workspace))

    said = refusal(query, as_key, **given)

    because = (
        "There is no such Deployment, or this API key is not for it" if name != "create" else "An API key"
    )
    assert said.startswith(because)


@pytest.mark.parametrize("name", MUTATIONS)
def test_roles_decide_for_people(deployment, name):
    query, given = MUTATIONS[name](deployment)
    absent = "There is no such Workspace" if name == "create" else "There is no such Deployment"

    assert "Your role here is Member" in refusal(query, member(deployment, Role.MEMBER), **given)
    for stranger in (create_user(), create_member(workspace=create_deployment().workspace, role=Role.ADMIN)):
        assert refusal(query, bearer(stranger), **given).startswith(absent)
    assert not AuditEvent.objects.exists()
    assert "data" in ask(query, member(deployment, Role.EDITOR), **given)
    assert AuditEvent.objects.exists()


def test_an_owner_is_admin_everywhere(deployment):
    query, given = MUTATIONS["update"](deployment)

    assert ask(query, bearer(create_owner()), **given)["data"]["updateDeployment"]["label"] == "Other"


def test_a_secret_is_kept_replaced_and_never_answered(as_key, deployment, as_caller):
    save_variables(as_caller, deployment, [VariableInput("TOKEN", "hidden", is_secret=True)])
    sent = variables(deployment, ("TOKEN", "", True), ("NEW", "deep", True), ("OPEN", "seen", False))

    answer = ask(astro_mutations.VARIABLES, as_key, input=sent)

    shown = answer["data"]["updateDeploymentVariables"]
    assert [(one["key"], one["value"]) for one in shown] == [("NEW", ""), ("OPEN", "seen"), ("TOKEN", "")]
    assert {one.key: read_value(one) for one in EnvironmentVariable.objects.all()} == {
        "TOKEN": "hidden",
        "NEW": "deep",
        "OPEN": "seen",
    }
    said = refusal(astro_mutations.VARIABLES, as_key, input=variables(deployment, ("TOKEN", "", False)))
    assert said == "TOKEN: Enter a new value: what was secret is never shown."
    written = json.dumps(list(AuditEvent.objects.values_list("input", flat=True)))
    assert not any(secret in written + json.dumps(answer) for secret in ("hidden", "deep"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"key": "A", "value": "hidden", "isSecret": "hidden"},
            "Boolean cannot represent a non boolean value.",
        ),
        ({"key": "A", "value": ["hidden"], "isSecret": True}, "String cannot represent a non string value."),
        ({"key": "A", "value": "hidden"}, "to include required field 'isSecret'."),
        ({"key": "A", "value": "1", "valu": "hidden", "isSecret": True}, "Did you mean 'value'."),
        ("hidden", "to be an object."),
    ],
)
def test_a_value_of_the_wrong_type_is_not_repeated(as_key, deployment, given, sentence):
    sent = {"deploymentId": deployment.pk, "environmentVariables": [given]}

    said = refusal(astro_mutations.VARIABLES, as_key, input=sent)

    assert said.endswith(sentence)
    assert "hidden" not in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clusterId": NOBODYS}, "A Deployment stays on its Cluster"),
        ({"label": ""}, "Name: Enter a name."),
        ({"label": "a\u202eb"}, "Name: Remove the invisible character U+202E."),
        (
            {"workerQueues": [{"id": NOBODYS, "name": "default"}]},
            "Worker queue default: this Deployment has none",
        ),
        ({"workerQueues": [{"name": "default", "nodePoolId": NOBODYS}]}, "has no node pool with the ID"),
        ({"workerQueues": [{"name": "heavy"}]}, "The default queue cannot be deleted."),
        (
            {"workerQueues": [{"name": "heavy"}] * 101},
            "A Deployment can have at most 10 worker queues; these are 101.",
        ),
        ({"workerQueues": [{"name": "default", "maxWorkerCount": 99}]}, "Enter a number from 1 to 10."),
        ({"deploymentSpec": {"executor": "X", "scheduler": {}}}, "no other executor"),
        ({"deploymentSpec": {"executor": "CeleryExecutor", "scheduler": {"au": 31}}}, "Scheduler AU: "),
        ({"label": "100 % sure " + "x" * 100}, "Name: Use at most 100 characters"),
        ({"id": "no such thing"}, "This is not an identifier."),
        ({"unknown": 1}, "not to include unknown field 'unknown'."),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(as_key, deployment, changes, sentence):
    before = Deployment.objects.values().get()
    told = AuditEvent.objects.count()

    said = refusal(astro_mutations.UPDATE, as_key, input={**update(deployment), **changes})

    assert sentence in said
    assert "%" not in said
    assert (Deployment.objects.values().get(), AuditEvent.objects.count()) == (before, told)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clusterId": NOBODYS}, "There is no Cluster with the ID"),
        ({"runtimeReleaseVersion": "0.0.1"}, "There is no Astro Runtime 0.0.1 to choose here"),
        ({"workspaceId": NOBODYS}, "There is no such Workspace"),
        ({"label": ""}, "Name: "),
        ({"label": "a\u202eb"}, "Name: Remove the invisible character U+202E."),
    ],
)
def test_what_cannot_be_made_is_said_and_makes_nothing(deployment, admin, changes, sentence):
    assert sentence in refusal(astro_mutations.CREATE, bearer(admin), input=new(deployment, **changes))
    assert Deployment.objects.count() == 1


def test_of_too_many_variables_nothing_else_is_said(as_key, deployment):
    sent = variables(deployment, *[("A-B", "1", False)] * 501)

    said = refusal(astro_mutations.VARIABLES, as_key, input=sent)

    assert said == "A Deployment has at most 500 variables; these are 501."


def test_what_stands_in_a_document_itself_is_not_remembered(as_key, deployment):
    document._remembered.cache_clear()
    query = f'mutation {{updateDeploymentVariables(input: {{deploymentId: "{deployment.pk}", environmentVariables: '
    query += '[{key: "A", value: "hidden", isSecret: true}]}) {key}}'

    assert ask(query, as_key) == {"data": {"updateDeploymentVariables": [{"key": "A"}]}}
    assert document._remembered.cache_info().currsize == 0
    ask(astro_queries.QUEUE_OPTIONS, as_key)
    ask(astro_queries.QUEUE_OPTIONS, as_key)
    assert document._remembered.cache_info()[:2] == (1, 1)


def test_what_changes_costs_no_more_with_many_deployments(deployment, admin):
    headers, numbers = bearer(admin), []
    query, given = MUTATIONS["alerts"](deployment)
    for number in range(2):
        given["input"]["alertEmails"] = [f"ops{number}@example.com"]
        with CaptureQueriesContext(connection) as queries:
            ask(query, headers, **given)
        numbers.append(len(queries))
        for _ in range(5):
            create_deployment(workspace=deployment.workspace)
    assert numbers[0] == numbers[1]
