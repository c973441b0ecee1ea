"""Who may do what over REST: the table in docs/security.md cell by cell, for a person's token and for a key's."""

import pytest

from deployments.deploys.store.bundles import Bundle
from deployments.models import Airflow, Deploy, Deployment, EnvironmentVariable, Ground, WorkerQueue
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.programs import at, of_key, of_person, of_role, refusal_of
from tests.factories import create_deployment, create_member, create_owner, create_workspace, disable_api_key
from workspaces.models import AuditEvent, Role

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L5")]

TAR = "application/x-tar"

# What is asked, and the status for those who may.
READS = {
    "the Deployment": ("get", (), 200),
    "its variables": ("get", ("variables",), 200),
    "its worker queues": ("get", ("worker-queues",), 200),
    "a worker queue": ("get", ("worker-queues", "default"), 200),
    "its alert e-mails": ("get", ("alert-emails",), 200),
    "its deploys": ("get", ("deploys",), 200),
    "its Airflow": ("get", ("airflow",), 200),
}
CHANGES = {
    "configuration": ("patch", (), {"description": "New"}, 200),
    "all variables": ("put", ("variables",), {"environment_variables": [{"key": "A", "value": "1"}]}, 200),
    "a variable": ("patch", ("variables",), {"set": [{"key": "B", "value": "1"}]}, 200),
    "a new queue": (
        "post",
        ("worker-queues",),
        {"name": "heavy", "worker_type": "small", "max_workers": 2},
        201,
    ),
    "a queue": ("patch", ("worker-queues", "default"), {"concurrency": 4}, 200),
    "one queue less": ("delete", ("worker-queues", "spare"), None, 204),
    "a restart": ("post", ("restart",), None, 200),
    "its sleep": ("post", ("hibernate",), None, 200),
    "its awakening": ("post", ("wake-up",), None, 200),
    "alert e-mails": ("put", ("alert-emails",), {"alert_emails": ["a@example.com"]}, 200),
}

# The rows of that table: what a caller gets for reading, for changing, for deploying, and for deploying
# while CI/CD enforcement is on.
MISSING, REFUSED, DONE = 404, 403, "done"
CALLERS = {
    "key of this Deployment": (DONE, DONE, DONE, DONE),
    "key of its sibling": (MISSING, MISSING, MISSING, MISSING),
    "key of another Workspace": (MISSING, MISSING, MISSING, MISSING),
    "outsider": (MISSING, MISSING, MISSING, MISSING),
    "member": (DONE, REFUSED, REFUSED, REFUSED),
    "editor": (DONE, DONE, DONE, REFUSED),
    "admin": (DONE, DONE, DONE, REFUSED),
    "owner": (DONE, DONE, DONE, REFUSED),
}


@pytest.fixture(autouse=True)
def _dags(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path


@pytest.fixture
def place():
    deployment = create_deployment(workspace=create_workspace(name="Home"), name="Production")
    pool = deployment.worker_queues.get().node_pool
    WorkerQueue.objects.create(deployment=deployment, name="spare", node_pool=pool)
    Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)
    return deployment


def caller(name: str, deployment: Deployment):
    match name:
        case "key of this Deployment":
            return of_key(deployment)
        case "key of its sibling":
            return of_key(create_deployment(workspace=deployment.workspace))
        case "key of another Workspace":
            return of_key(create_deployment())
        case "outsider":
            return of_person(create_member(workspace=create_workspace(), role=Role.ADMIN))
        case "owner":
            return of_person(create_owner())
    return of_role(deployment, Role[name.upper()])


@pytest.mark.parametrize("who", CALLERS)
def test_who_may_read(place, who):
    program, right = caller(who, place), CALLERS[who][0]
    for what, (method, parts, status) in READS.items():
        response = program.send(method, at(place, *parts))

        assert response.status_code == (status if right == DONE else right), what


@pytest.mark.parametrize("who", CALLERS)
def test_who_may_change(place, who):
    program, right = caller(who, place), CALLERS[who][1]
    before = rows_of(place)
    for what, (method, parts, body, status) in CHANGES.items():
        response = program.send(method, at(place, *parts), body)

        assert response.status_code == (status if right == DONE else right), what
        if right != DONE:
            refusal_of(response)
    assert (rows_of(place) != before) == (right == DONE)
    changed = AuditEvent.objects.filter(deployment=place.pk, operation__startswith="update")
    assert changed.exists() == (right == DONE)


@pytest.mark.parametrize("is_enforced", [False, True], ids=["", "enforced"])
@pytest.mark.parametrize("who", CALLERS)
def test_who_may_deploy(place, who, is_enforced):
    program, right = caller(who, place), CALLERS[who][2 + is_enforced]
    first = of_key(place, name="First").post(at(place, "deploys"), files(), kind=TAR).json()["id"]
    second = of_key(place, name="Second").post(at(place, "deploys"), files(), kind=TAR).json()["id"]
    Deployment.objects.filter(pk=place.pk).update(ci_cd_enforced=is_enforced)
    before = rows_of(place)

    deployed = program.post(at(place, "deploys"), files(), kind=TAR)
    rolled_back = program.post(at(place, "deploys", first, "roll-back"), {})

    for response in (deployed, rolled_back):
        assert response.status_code == (201 if right == DONE else right)
        if right == REFUSED and who != "member":
            assert "only accepts deploys made with an API key" in response.json()["error_description"]
    assert (rows_of(place) != before) == (right == DONE)
    assert (Bundle(place.release_name).current == second) == (right != DONE)


def test_nobody_deploys_while_dag_deploys_are_disabled(place):
    Deployment.objects.filter(pk=place.pk).update(dag_deploys_enabled=False)

    response = of_key(place).post(at(place, "deploys"), files(), kind=TAR)

    assert refusal_of(response) == (403, "access_denied")
    assert "disabled" in response.json()["error_description"]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMIN])
def test_a_person_may_switch_ci_cd_enforcement_off_and_a_key_never(place, role):
    program = of_key(place)
    assert program.patch(at(place), {"ci_cd_enforced": True}).status_code == 200

    assert refusal_of(program.patch(at(place), {"ci_cd_enforced": False})) == (403, "access_denied")
    assert of_role(place, role).patch(at(place), {"ci_cd_enforced": False}).status_code == 200


def test_a_deploy_of_a_sibling_is_missing(place):
    sibling = create_deployment(workspace=place.workspace)
    theirs = of_key(sibling).post(at(sibling, "deploys"), files(), kind=TAR).json()["id"]
    program = of_role(place, Role.ADMIN)

    assert program.get(at(place, "deploys", theirs)).status_code == 404
    assert program.post(at(place, "deploys", theirs, "roll-back"), {}).status_code == 404


def test_a_key_that_is_disabled_during_its_upload_deploys_nothing(place, monkeypatch):
    program = of_key(place)
    key = place.api_keys.get()
    unpack = Bundle.receive

    def disabled_meanwhile(self, *args, **kwargs):
        unpacked = unpack(self, *args, **kwargs)
        disable_api_key(key)
        return unpacked

    monkeypatch.setattr(Bundle, "receive", disabled_meanwhile)

    response = program.post(at(place, "deploys"), files(), kind=TAR)

    assert refusal_of(response) == (401, "invalid_token")
    assert Bundle(place.release_name).current == ""
    assert Deploy.objects.get().status == "FAILED"


def rows_of(deployment: Deployment):
    """Everything of a Deployment that the interface can change."""
    return (
        list(Deployment.objects.filter(pk=deployment.pk).values()),
        list(EnvironmentVariable.objects.filter(deployment=deployment).order_by("pk").values()),
        list(WorkerQueue.objects.filter(deployment=deployment).order_by("pk").values()),
        list(Deploy.objects.filter(deployment=deployment).order_by("pk").values()),
        list(Airflow.objects.filter(deployment=deployment).values()),
    )
