"""Variables, worker queues, alert e-mails and deploys over REST."""

import hashlib
import logging
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.deploys.store.bundles import Bundle
from deployments.models import EnvironmentVariable
from deployments.variables.service import read_value
from tests.deployments.deploys.archives import archive as archive_of
from tests.deployments.deploys.archives import files, link, zipped
from tests.deployments.deploys.programs import at, fields_of, of_key, refusal_of
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db

TAR, GZIP = "application/x-tar", "application/gzip"
SECRET = "s3cr3t-of-the-warehouse"


@pytest.fixture(autouse=True)
def _dags(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path


@pytest.fixture
def program(deployment):
    return of_key(deployment)


@pytest.fixture
def variables(deployment):
    return at(deployment, "variables")


def keys_of(response):
    assert response.status_code == 200, response.content
    return {one["key"]: one["value"] for one in response.json()["environment_variables"]}


def test_all_variables_are_replaced_in_one_step(program, variables):
    program.put(variables, {"environment_variables": [{"key": "OLD", "value": "1"}]})

    saved = program.put(
        variables, {"environment_variables": [{"key": "B", "value": "2"}, {"key": "A", "value": "1"}]}
    )

    assert keys_of(saved) == keys_of(program.get(variables)) == {"A": "1", "B": "2"}
    assert saved.json()["version"] == 3


def test_some_variables_are_set_and_deleted_and_the_others_stay(program, variables):
    program.put(
        variables,
        {
            "environment_variables": [
                {"key": "STAYS", "value": "1"},
                {"key": "GOES", "value": "2"},
                {"key": "HIDDEN", "value": SECRET, "is_secret": True},
            ]
        },
    )

    saved = program.patch(
        variables, {"set": [{"key": "NEW", "value": "3"}], "delete": ["GOES", "NEVER_THERE"]}
    )

    assert keys_of(saved) == {"STAYS": "1", "NEW": "3", "HIDDEN": ""}
    assert read_value(EnvironmentVariable.objects.get(key="HIDDEN")) == SECRET


def test_a_set_secret_stays_secret_unless_told_otherwise(program, variables, deployment):
    program.put(variables, {"environment_variables": [{"key": "A", "value": "1", "is_secret": True}]})

    program.patch(variables, {"set": [{"key": "A", "value": SECRET}]})

    row = EnvironmentVariable.objects.get(deployment=deployment)
    assert (row.is_secret, read_value(row)) == (True, SECRET)


def test_a_secret_is_in_no_answer_and_no_log(program, variables, caplog):
    caplog.set_level(logging.DEBUG)
    body = {"environment_variables": [{"key": "S", "value": SECRET, "is_secret": True}]}
    answers = [
        program.put(variables, body),
        program.get(variables),
        program.patch(variables, {"set": [{"key": "S", "value": SECRET}]}),
        program.patch(variables, {"set": [{"key": "S", "value": SECRET}, {"key": "1", "value": SECRET}]}),
        program.put(variables, {**body, "version": 999}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 409]
    assert all(SECRET.encode() not in answer.content for answer in answers)
    assert SECRET not in caplog.text
    assert SECRET not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {"set": [{"key": "AIRFLOW__CORE__FERNET_KEY", "value": "x"}]},
            "environment_variables.AIRFLOW__CORE__FERNET_KEY",
        ),
        ({"set": [{"key": "A"}]}, "environment_variables.A"),
        ({"set": [{"key": "A", "value": "1"}], "delete": ["A"]}, "environment_variables.A"),
        ({"set": [{"key": "not a key", "value": "1"}]}, "set.0.key"),
        ({"set": [{"key": "A", "value": 1}]}, "set.0.value"),
        ({"put": []}, "put"),
    ],
)
def test_a_variable_that_is_wrong_is_named_and_nothing_is_saved(program, variables, body, field):
    faults = fields_of(
        program.patch(variables, {**body, "set": [*body.get("set", []), {"key": "GOOD", "value": "1"}]})
    )

    assert faults.keys() == {field}
    assert keys_of(program.get(variables)) == {}


@pytest.mark.parametrize("method", ["put", "patch"])
def test_variables_that_were_changed_meanwhile_are_a_conflict(program, variables, method):
    program.patch(variables, {"set": [{"key": "A", "value": "1"}]})
    bodies: dict[str, dict[str, Any]] = {
        "put": {"environment_variables": []},
        "patch": {"delete": ["A"]},
    }

    response = program.send(method, variables, {**bodies[method], "version": 1})

    assert refusal_of(response) == (409, "conflict")
    assert response.json()["version"] == 2
    assert keys_of(program.get(variables)) == {"A": "1"}


def test_a_worker_queue_lives(program, deployment):
    queues = at(deployment, "worker-queues")
    wanted = {"name": "heavy", "worker_type": "small", "max_workers": 5}

    made = program.post(queues, wanted)
    changed = program.patch(f"{queues}/heavy", {"min_workers": 1})

    assert made.status_code == 201
    assert made.json().items() >= {**wanted, "min_workers": 0, "concurrency": 16, "is_default": False}.items()
    assert changed.json().items() >= {**wanted, "min_workers": 1}.items()
    listed = program.get(queues).json()["worker_queues"]
    assert [queue["name"] for queue in listed] == ["default", "heavy"]
    assert listed[1] == program.get(f"{queues}/heavy").json()
    assert program.delete(f"{queues}/heavy").status_code == 204
    assert program.get(f"{queues}/heavy").status_code == 404


def test_a_worker_queue_that_is_wrong_is_refused(program, deployment):
    queues = at(deployment, "worker-queues")

    assert fields_of(program.post(queues, {"name": "x", "worker_type": "huge", "max_workers": 1})).keys() == {
        "worker_type"
    }
    assert fields_of(
        program.post(queues, {"name": "default", "worker_type": "small", "max_workers": 1})
    ).keys() == {"name"}
    assert fields_of(program.patch(f"{queues}/default", {"min_workers": 11})).keys() == {"min_workers"}
    assert fields_of(program.patch(f"{queues}/default", {"name": "other"})).keys() == {"name"}
    assert refusal_of(program.delete(f"{queues}/default")) == (409, "conflict")


def test_alert_emails_are_replaced(program, deployment):
    emails = at(deployment, "alert-emails")

    saved = program.put(emails, {"alert_emails": ["a@example.com", "b@example.com"]})

    assert saved.json() == program.get(emails).json() == {"alert_emails": ["a@example.com", "b@example.com"]}
    assert fields_of(program.put(emails, {"alert_emails": ["a@example.com", "nobody"]})) == {
        "alert_emails": "nobody: Enter a valid e-mail address, such as team@example.com."
    }


@pytest.mark.parametrize(
    ("kind", "data"), [(TAR, files()), (GZIP, zipped(files())), ("application/octet-stream", files())]
)
def test_an_archive_becomes_what_airflow_reads(program, deployment, kind, data):
    made = program.post(at(deployment, "deploys") + "?description=Nightly", data, kind=kind)

    assert made.status_code == 201
    assert (
        made.json().items()
        >= {
            "status": "SUCCEEDED",
            "description": "Nightly",
            "file_count": 2,
            "checksum": hashlib.sha256(data).hexdigest(),
            "rolled_back_to": None,
        }.items()
    )
    assert made.json()["made_by"]["kind"] == "api_key"
    assert Bundle(deployment.release_name).current == made.json()["id"]
    assert program.get(at(deployment)).json()["current_deploy"] == made.json()["id"]
    assert program.get(at(deployment, "deploys", made.json()["id"])).json() == made.json()


def test_an_earlier_deploy_comes_back(program, deployment):
    deploys = at(deployment, "deploys")
    first = program.post(deploys, files(), kind=TAR).json()["id"]
    program.post(deploys, zipped(files()), kind=GZIP)

    back = program.post(f"{deploys}/{first}/roll-back", {"description": "Wrong"})
    again = program.post(f"{deploys}/{first}/roll-back", {})

    assert back.status_code == 201
    assert back.json()["rolled_back_to"] == first
    assert refusal_of(again) == (409, "conflict")
    listed = program.get(deploys).json()
    assert [one["rolled_back_to"] for one in listed["items"]] == [first, None, None]


def test_an_archive_that_is_refused_changes_nothing_and_is_in_the_history(program, deployment):
    deploys = at(deployment, "deploys")
    good = program.post(deploys, files(), kind=TAR).json()["id"]

    faults = fields_of(program.post(deploys, archive_of([link("a", "/etc/passwd", b"2")]), kind=TAR))

    assert faults.keys() == {"archive"}
    assert Bundle(deployment.release_name).current == good
    newest = program.get(deploys).json()["items"][0]
    assert (newest["status"], newest["reason"]) == ("FAILED", faults["archive"])


def test_an_upload_of_another_kind_is_refused_unread(program, deployment):
    response = program.post(at(deployment, "deploys"), files(), kind="application/zip")

    assert refusal_of(response) == (415, "invalid_request")
    assert program.get(at(deployment, "deploys")).json()["items"] == []


def test_an_upload_that_says_that_it_is_too_large_is_refused_unread(program, deployment):
    response = program.client.post(
        at(deployment, "deploys"), b"x", content_type=TAR, CONTENT_LENGTH=str(10**12)
    )

    assert refusal_of(response) == (413, "invalid_request")
    assert program.get(at(deployment, "deploys")).json()["items"] == []


def test_an_upload_for_which_there_is_no_room_is_told_so(program, deployment, settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "file"
    settings.DAGS_ROOT.touch()

    response = program.post(at(deployment, "deploys"), files(), kind=TAR)

    assert refusal_of(response) == (503, "temporarily_unavailable")


def test_a_list_costs_the_same_with_1_and_with_11_rows(program, deployment):
    paths, counts = (
        [at(deployment, "deploys"), at(deployment, "variables"), at(deployment, "worker-queues")],
        [],
    )
    for rows in (1, 10):
        wanted = [{"key": f"K{rows}_{number}", "value": "1"} for number in range(rows)]
        program.patch(paths[1], {"set": wanted})
        program.post(paths[2], {"name": "abcdefghijk"[:rows], "worker_type": "small", "max_workers": 1})
        for _ in range(rows):
            program.post(paths[0], files(), kind=TAR)
        counts.append([queries_of(program, path) for path in paths])

    # The caller, the Deployment, and the rows; of deploys also what they take of the quota.
    assert counts == [[4, 3, 3]] * 2


def queries_of(program, path):
    with CaptureQueriesContext(connection) as captured:
        assert program.get(path).status_code == 200
    return len(captured)
