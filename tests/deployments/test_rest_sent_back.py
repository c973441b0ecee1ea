"""What GET returns can be sent back as it is, and changes nothing; what cannot be changed is never dropped in silence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cloudui.api import api
from cloudui.web.rest.openapi import document
from deployments.models import Deployment, EnvironmentVariable, NodePool, WorkerQueue
from tests.deployments.deploys.programs import at, fields_of, of_key, of_role, refusal_of
from workspaces.models import AuditEvent, Role

pytestmark = pytest.mark.django_db

LATER = "2031-01-01T00:00:00Z"
CANNOT = "This field cannot be changed. Leave it out, or send it as GET returns it."

# What is read where, and how it is sent back there.
SENT_BACK = {
    "variables": (("variables",), "put"),
    "variables to set": (("variables",), "patch"),
    "the default queue": (("worker-queues", "default"), "patch"),
    "a queue": (("worker-queues", "heavy"), "patch"),
    "a Deployment": ((), "patch"),
    "alert e-mails": (("alert-emails",), "put"),
}


@pytest.fixture(params=["key", "person"])
def program(request, deployment):
    return of_key(deployment) if request.param == "key" else of_role(deployment, Role.EDITOR)


@pytest.fixture(autouse=True)
def _filled(deployment):
    filler = of_key(deployment, name="Filler")
    secret = {"value": "s3cret", "is_secret": True}
    variables: list[dict[str, Any]] = [
        {"key": "PLAIN", "value": "1"},
        {"key": "EMPTY", "value": ""},
        {"key": "LINES", "value": "a\nb\n"},
        {"key": "SECRET", **secret},
        {"key": "UNREADABLE", "value": "2"},
        {"key": "UNREADABLE_SECRET", **secret},
        {"key": "ONCE_SECRET", **secret},
    ]
    queue = {"name": "heavy", "worker_type": "small", "max_workers": 5}
    assert filler.put(at(deployment, "variables"), {"environment_variables": variables}).status_code == 200
    assert filler.post(at(deployment, "worker-queues"), queue).status_code == 201
    assert filler.put(at(deployment, "alert-emails"), {"alert_emails": ["a@example.com"]}).status_code == 200
    assert filler.patch(at(deployment), {"description": "One\n\ntwo"}).status_code == 200
    rows = EnvironmentVariable.objects.filter(deployment=deployment)
    rows.filter(key__startswith="UNREADABLE").update(value=b"\x3d" + b"0" * 40)
    rows.filter(key="ONCE_SECRET").update(is_secret=False)


def body_of(what: str, read: dict[str, Any]) -> dict[str, Any]:
    """What was read, as it is; only a PATCH of variables has another name for the list."""
    if what != "variables to set":
        return read
    return {"version": read["version"], "set": read["environment_variables"]}


def rows_of(deployment):
    return [
        list(Deployment.objects.filter(pk=deployment.pk).values()),
        *(
            list(model.objects.filter(deployment=deployment).order_by("pk").values())
            for model in (EnvironmentVariable, WorkerQueue)
        ),
        AuditEvent.objects.count(),
    ]


@pytest.mark.parametrize("what", SENT_BACK)
def test_what_was_read_is_sent_back_and_nothing_changes(program, deployment, what):
    place, method = SENT_BACK[what]
    read = program.get(at(deployment, *place)).json()
    before = rows_of(deployment)

    response = program.send(method, at(deployment, *place), body_of(what, read))

    assert response.status_code == 200, response.content
    assert response.json() == read == program.get(at(deployment, *place)).json()
    assert rows_of(deployment) == before


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("a Deployment", {"description": "Night"}),
        ("a queue", {"concurrency": 8}),
        ("the default queue", {"concurrency": 8}),
    ],
)
@pytest.mark.parametrize(
    "written", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%dT%H:%M:%S+00:00"]
)
def test_a_change_in_what_was_read_is_made_however_a_client_writes_times(
    program, deployment, what, changes, written
):
    path = at(deployment, *SENT_BACK[what][0])
    read = program.get(path).json()
    moment = datetime.fromisoformat(read["updated_at"]).astimezone(UTC)

    response = program.patch(path, {**read, "updated_at": moment.strftime(written), **changes})

    assert response.status_code == 200, response.content
    assert response.json().items() >= changes.items()


DIFFERENT: dict[str, dict[str, Any]] = {
    "a Deployment": {
        "id": "c" + "0" * 24,
        "release_name": "other-moon-1",
        "workspace": {"id": "c" + "0" * 24, "name": "Data Engineering"},
        "cluster": None,
        "runtime_version": "0",
        "airflow_version": 3,
        "alert_emails": ["b@example.com"],
        "status": "HEALTHY",
        "airflow_url": None,
        "api_key_count": 99,
        "variable_count": "7",
        "worker_queue_count": True,
        "current_deploy": "c" + "0" * 24,
        "variables_version": 1,
        "created_at": LATER,
        "updated_at": "0001-01-01T00:00:00+23:59",
        "updated_by": {},
    },
    "a queue": {"name": "other", "is_default": 0, "created_at": "2031-01-01T00:00:00", "updated_at": None},
    "the default queue": {"name": "heavy", "is_default": False, "created_at": 1, "updated_at": LATER},
}


@pytest.mark.parametrize(
    ("what", "field"), [(what, field) for what, fields in DIFFERENT.items() for field in fields]
)
def test_a_field_that_cannot_be_changed_is_named(program, deployment, what, field):
    path = at(deployment, *SENT_BACK[what][0])
    read = program.get(path).json()
    assert field in read
    before = rows_of(deployment)

    for body in ({field: DIFFERENT[what][field]}, {**read, field: DIFFERENT[what][field]}):
        assert fields_of(program.patch(path, body)) == {field: CANNOT}

    assert rows_of(deployment) == before


def test_all_of_them_are_named_at_once(program, deployment):
    faults = fields_of(program.patch(at(deployment), DIFFERENT["a Deployment"]))

    assert faults == dict.fromkeys(DIFFERENT["a Deployment"], CANNOT)


def test_something_more_inside_of_it_is_not_dropped(program, deployment):
    read = program.get(at(deployment)).json()

    faults = fields_of(program.patch(at(deployment), {"workspace": {**read["workspace"], "color": "red"}}))

    assert faults == {"workspace": CANNOT}


@pytest.mark.parametrize(
    ("method", "name"), [("put", "environment_variables"), ("patch", "set")], ids=["put", "patch"]
)
@pytest.mark.parametrize("key", ["PLAIN", "SECRET", "UNREADABLE", "NEW"])
@pytest.mark.parametrize("moment", [LATER, "yesterday", None, 5])
def test_the_time_of_a_variable_cannot_be_changed(program, deployment, method, name, key, moment):
    before = rows_of(deployment)
    variables = [{"key": "ANOTHER", "value": "1"}, {"key": key, "value": "1", "updated_at": moment}]

    faults = fields_of(program.send(method, at(deployment, "variables"), {name: variables}))

    assert faults == {f"{name}.1.updated_at": CANNOT}
    assert rows_of(deployment) == before


@pytest.mark.parametrize("what", ["variables", "variables to set", "a Deployment"])
def test_what_was_changed_since_it_was_read_is_a_conflict_not_a_wrong_field(program, deployment, what):
    place, method = SENT_BACK[what]
    path = at(deployment, *place)
    read = program.get(path).json()
    change = {"set": [{"key": "PLAIN", "value": "9"}]} if place else {"scheduler_au": 10}
    assert program.patch(path, change).status_code == 200
    Deployment.objects.filter(pk=deployment.pk).update(updated_at=LATER)
    EnvironmentVariable.objects.filter(deployment=deployment).update(updated_at=LATER)

    response = program.send(method, path, body_of(what, read))

    assert refusal_of(response) == (409, "conflict")


def test_what_stays_as_it_is_may_stay_though_the_rules_became_stricter(program, deployment):
    """An operator lowered the limit, and the name is one of before the rules for names."""
    NodePool.objects.filter(cluster=deployment.cluster).update(max_workers=1)
    Deployment.objects.filter(pk=deployment.pk).update(name="Old\u3164")
    before = rows_of(deployment)

    for what in ("a queue", "a Deployment"):
        path = at(deployment, *SENT_BACK[what][0])
        read = program.get(path).json()
        assert program.patch(path, read).json() == read, what

    assert rows_of(deployment) == before
    queue = at(deployment, "worker-queues", "heavy")
    assert fields_of(program.patch(queue, {"concurrency": 8})).keys() == {"max_workers"}


def test_what_is_no_field_is_refused_beside_them(program, deployment):
    read = program.get(at(deployment)).json()

    faults = fields_of(program.patch(at(deployment), {**read, "updatedAt": LATER}))

    assert faults == {"updatedAt": "There is no such field."}


def test_the_document_marks_them_as_read_only():
    """These and no others: a body that gets some has its own lines above, which prove that its route looks at them."""
    schemas = document(api)["components"]["schemas"]

    marked = {
        name: {field for field, details in schema["properties"].items() if details.get("readOnly")}
        for name, schema in schemas.items()
    }

    assert {name: fields for name, fields in marked.items() if fields} == {
        "DeploymentChanges": set(DIFFERENT["a Deployment"]),
        "QueueChanges": set(DIFFERENT["a queue"]),
        "VariableWanted": {"updated_at"},
        "VariableSet": {"updated_at"},
    }
    assert "required" not in schemas["QueueChanges"]
