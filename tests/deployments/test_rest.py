"""The frame of the REST interface: strict bodies, one shape for refusals, pages by cursor, Deployments."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.programs import at, fields_of, of_key, of_person, of_role, refusal_of
from tests.factories import create_deployment, create_member, create_owner, create_workspace
from workspaces.models import AuditEvent, Membership, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(deployment):
    return of_key(deployment)


def test_a_deployment_says_what_the_console_shows(program, deployment):
    shown = program.get(at(deployment)).json()

    assert shown["id"] == deployment.pk
    assert shown["name"] == "Production"
    assert shown["workspace"] == {"id": deployment.workspace_id, "name": "Data Engineering"}
    assert shown["executor"] == "CeleryExecutor"
    assert shown["status"] == "UNKNOWN"
    assert shown["api_key_count"] == 1
    assert shown["current_deploy"] is None
    assert shown["updated_by"] is None
    assert shown["created_at"] == deployment.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_some_of_the_configuration_changes_and_says_by_whom(program, deployment):
    changed = program.patch(at(deployment), {"scheduler_au": 10, "description": "Night"})

    assert changed.status_code == 200
    assert changed.json()["scheduler_au"] == 10
    assert changed.json()["scheduler_replicas"] == 1
    assert changed.json()["version"] == 2
    assert changed.json()["updated_by"]["kind"] == "api_key"
    assert changed.json() == program.get(at(deployment)).json()
    event = AuditEvent.objects.get(operation="updateDeployment")
    assert (event.subject_kind, event.deployment) == ("api_key", deployment.pk)


def test_a_change_of_what_is_no_longer_so_is_a_conflict(program, deployment):
    assert program.patch(at(deployment), {"name": "One", "version": 1}).status_code == 200

    response = program.patch(at(deployment), {"name": "Two", "version": 1})

    assert refusal_of(response) == (409, "conflict")
    assert response.json()["version"] == 2
    deployment.refresh_from_db()
    assert deployment.name == "One"


def test_every_wrong_field_is_named(program, deployment):
    faults = fields_of(
        program.patch(at(deployment), {"name": "", "scheduler_au": "5", "executor": "Local", "colour": "red"})
    )

    assert faults.keys() == {"name", "scheduler_au", "executor", "colour"}
    assert faults["colour"] == "There is no such field."
    assert faults["executor"] == "Use CeleryExecutor or KubernetesExecutor."


def test_what_the_service_refuses_is_named_too(program, deployment):
    create_deployment(workspace=deployment.workspace, name="Taken")

    for name in ("taken", "Taken ", "\nTAKEN"):
        assert "already exists" in fields_of(program.patch(at(deployment), {"name": name}))["name"], name
    assert fields_of(program.patch(at(deployment), {"is_highly_available": True})).keys() == {
        "scheduler_replicas"
    }


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "a", "name": "b"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b'{"a":' * 100_000,
        b'{"scheduler_au": ' + b"9" * 5_000 + b"}",
    ],
    ids=["cut", "repeated", "null character", "half character", "NaN", "not UTF-8", "deep", "long number"],
)
def test_what_is_not_strictly_json_is_refused(program, deployment, body):
    assert refusal_of(program.patch(at(deployment), body)) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1"])
def test_what_is_no_object_is_refused(program, deployment, body):
    assert fields_of(program.patch(at(deployment), body)).keys() == {"body"}


def test_a_missing_body_is_missed(program, deployment):
    assert fields_of(program.send("patch", at(deployment))) == {"body": "This field is required."}


def test_a_byte_order_mark_is_passed_over(program, deployment):
    body = b'\xef\xbb\xbf{"name": "Renamed"}'

    assert program.send("patch", at(deployment), body, kind="application/json").json()["name"] == "Renamed"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_another_content_type_is_refused(program, deployment, kind):
    response = program.send("patch", at(deployment), b'{"name": "x"}', kind=kind)

    assert refusal_of(response) == (415, "invalid_request")


def test_a_large_body_is_refused(program, deployment):
    response = program.patch(at(deployment), {"description": "x" * 1024 * 1024})

    assert refusal_of(response) == (413, "invalid_request")


def test_a_body_without_a_length_is_refused(program, deployment):
    response = program.client.generic(
        "PATCH", at(deployment), headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH=""
    )

    assert refusal_of(response) == (411, "invalid_request")


def test_a_method_that_is_not_there_is_refused_by_name(program, deployment):
    response = program.post(at(deployment), {})

    assert refusal_of(response) == (405, "invalid_request")
    assert response.headers["Allow"] == "GET, HEAD, PATCH"


def test_head_is_get_without_the_body(program, deployment):
    response = program.send("head", at(deployment))

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.threat("T-W7")
def test_whatever_is_absent_is_absent_in_the_same_way(program, deployment):
    foreign = create_deployment()
    paths = [
        "/v1/nonsense",
        "/v1/deployments/nonsense",
        f"/v1/deployments/{'c' + '0' * 24}",
        at(foreign),
        at(foreign, "variables"),
        at(foreign, "worker-queues"),
        at(foreign, "worker-queues", "default"),
        at(foreign, "alert-emails"),
        at(foreign, "deploys"),
        at(foreign, "deploys", "c" + "0" * 24),
        at(deployment, "deploys", "c" + "0" * 24),
        at(deployment, "worker-queues", "nothing"),
    ]

    answers = {(response.status_code, response.content) for response in map(program.get, paths)}

    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_a_session_opens_nothing(deployment):
    client = Client()
    client.force_login(create_owner())

    response = client.get(at(deployment))

    assert refusal_of(response) == (401, "unauthorized")


def test_a_failure_of_ours_is_json_without_a_trace(program, deployment, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("deployments.rest.DeploymentShown.of", fail)

    response = program.get(at(deployment))

    assert refusal_of(response) == (500, "server_error")
    assert b"detail" not in response.content


def test_a_list_is_read_page_by_page(workspace):
    for number in range(5):
        create_deployment(workspace=workspace, name=f"d{number}")
    create_deployment()
    program = of_person(create_member(workspace=workspace, role=Role.MEMBER))

    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = program.get(f"/v1/deployments?limit=2&cursor={cursor}").json()
        assert len(page["items"]) <= 2
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert names == ["d0", "d1", "d2", "d3", "d4"]


def test_a_list_may_be_of_one_workspace(workspace, deployment):
    other = create_deployment(workspace=create_workspace())
    owner = of_person(create_owner())

    everything = owner.get("/v1/deployments?limit=100").json()["items"]
    some = owner.get(f"/v1/deployments?workspace={workspace.pk}").json()["items"]

    assert {deployment.pk, other.pk} <= {item["id"] for item in everything}
    assert [item["id"] for item in some] == [deployment.pk]


def test_a_key_sees_its_own_deployment_only(program, deployment):
    create_deployment(workspace=deployment.workspace)

    assert [item["id"] for item in program.get("/v1/deployments").json()["items"]] == [deployment.pk]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=many", "limit=", "cursor=nonsense", "workspace=x"]
)
def test_a_query_that_makes_no_sense_is_refused(program, query):
    assert fields_of(program.get(f"/v1/deployments?{query}")).keys() == {query.partition("=")[0]}


def test_the_list_of_deploys_wants_a_cursor_too(program, deployment):
    assert fields_of(program.get(at(deployment, "deploys") + "?cursor=x")).keys() == {"cursor"}


def test_a_list_costs_the_same_with_2_and_with_20_rows(workspace):
    person = create_member(workspace=workspace, role=Role.MEMBER)
    program, counts = of_person(person), []
    for rows in (2, 18):
        for number in range(rows):
            elsewhere = create_workspace()
            Membership.objects.create(workspace=elsewhere, user=person)
            create_deployment(workspace=elsewhere, name=f"{rows} {number}")
        with CaptureQueriesContext(connection) as captured:
            assert program.get("/v1/deployments?limit=100").status_code == 200
        counts.append(len(captured))

    # The caller, and the Deployments.
    assert counts == [2, 2]


def test_a_refusal_tells_no_person_anything_else(deployment):
    response = of_role(deployment, Role.MEMBER).patch(at(deployment), {"name": "Mine"})

    assert refusal_of(response) == (403, "access_denied")
    assert response.json()["error_description"].startswith("Only a Workspace Editor or Admin can change")
    assert json.loads(response.content).keys() == {"error", "error_description"}


@pytest.mark.parametrize("kind", ["application/x-gzip", "application/x-gtar", "application/octet-stream"])
def test_older_names_of_an_archive_are_taken(program, deployment, kind):
    deployed = program.post(at(deployment, "deploys"), zipped(files()), kind=kind)

    assert deployed.json()["status"] == "SUCCEEDED"
