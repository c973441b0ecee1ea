"""The largest input that each operation takes, and what its event may hold of it."""

import json
from datetime import timedelta

import pytest

from apikeys import key_secrets, keys
from cloudui.web.principal import Kind, Origin, Principal, system_principal
from deployments.deploys import service as deploys
from deployments.deploys.store.refusal import Refused
from deployments.details.alert_emails import set_alert_emails
from deployments.details.service import update_deployment
from deployments.details.transfer import transfer_deployment
from deployments.queues import service as queues
from deployments.queues.service import QueueInput
from deployments.service import create_deployment, delete_deployment
from deployments.variables.service import VariableInput, save_variables
from tests.deployments.deploys.deploying import send
from tests.factories import create_api_key, create_cluster, create_node_pool, create_owner, create_runtime
from tests.factories import create_deployment as make_deployment
from workspaces.audit.bounds import MOST_BYTES
from workspaces.models import AuditEvent
from workspaces.people.service import create_person
from workspaces.service import create_workspace, delete_workspace, update_workspace

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L7")]

# The other columns of a row: names, addresses, the browser.
ROW_BYTES = MOST_BYTES + 2048
# Four bytes in UTF-8, twelve in JSON.
NAME, OTHER = "😀" * 100, "😁" * 100
TEXT, OTHER_TEXT = "😀" * 500, "😁" * 500
REASON = "😀" * 200


@pytest.fixture
def by():
    owner = create_owner()
    origin = Origin(address="2001:db8::" + "1" * 4, user_agent="ü" * 255, request_id="r" * 32)
    return Principal(kind=Kind.USER, id=owner.pk, name="😀" * 254, is_owner=True, origin=origin)


@pytest.fixture
def deployment(root):
    return make_deployment()


@pytest.fixture
def root(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path
    return tmp_path


def _workspace(by, _):
    made = create_workspace(by, name=NAME, description=TEXT)
    changed = update_workspace(
        by, made, version=None, name=OTHER, description=OTHER_TEXT, ci_cd_enforced_by_default=True
    )
    delete_workspace(by, changed)


def _deployment(by, deployment):
    made = create_deployment(
        by,
        deployment.workspace,
        name=NAME,
        description=TEXT,
        cluster=create_cluster(name=NAME),
        runtime=create_runtime(version="9" * 30),
    )
    delete_deployment(by, made)


def _configuration(by, deployment):
    for number in range(9):
        queues.create_queue(by, deployment, _queue(deployment, "abcdefghi"[number] * 63))
    update_deployment(by, deployment, name=NAME, description=TEXT)
    update_deployment(
        by, deployment, name=OTHER, description=OTHER_TEXT, executor="KubernetesExecutor", scheduler_au=6
    )


def _queue(deployment, name, workers=5):
    worker_type = deployment.worker_queues.first().node_pool.worker_type
    return QueueInput(name=name, worker_type=worker_type, min_workers=0, max_workers=workers, concurrency=4)


def _queues(by, deployment):
    create_node_pool(deployment.cluster, worker_type="😀" * 50)
    name = "q" * 63
    made = queues.create_queue(by, deployment, _queue(deployment, name))
    queues.update_queue(by, made, _queue(deployment, name, workers=6))


def _variables(by, deployment):
    for letter in "AB":
        variables = [VariableInput(f"{letter * 252}{number:03}", "x") for number in range(500)]
        save_variables(by, deployment, variables)


def _alert_emails(by, deployment):
    for letter in "ab":
        addresses = [
            f"{letter}{number:02}@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 59}.example" for number in range(50)
        ]
        assert max(map(len, addresses)) <= 254
        set_alert_emails(by, deployment, addresses)


def _transfer(by, deployment):
    for name in (NAME, OTHER):
        deployment = transfer_deployment(by, deployment, create_workspace(by, name=name, description=""))


def _deploys(by, deployment):
    first = send(by, deployment, description=TEXT)
    send(by, deployment, "2", description=TEXT)
    deploys.roll_back(by, deployment, first, description=TEXT)


def _refused_deploy(by, deployment):
    class Broken:
        def read(self, size, /):
            raise Refused(TEXT)

    with pytest.raises(Exception, match="😀"):
        deploys.receive(by, deployment, Broken(), description=TEXT)


def _keys(by, deployment):
    key = create_api_key(deployment, name=NAME, description=TEXT, by=by).key
    keys.update_key(by, key, version=1, name=OTHER, description=OTHER_TEXT)
    key_secrets.rotate_secret(by, key, overlap=timedelta(0))
    operator = system_principal("😀" * 254)
    keys.disable_as_operator(operator, key.pk, reason=REASON)
    keys.enable_as_operator(operator, key.pk, reason=REASON)
    keys.revoke_as_operator(operator, key.pk, reason=REASON)


def _people(by, _):
    create_person(by, email=f"{'x' * 60}@{'y' * 60}.example", password="x", full_name="😀" * 150)


CHANGES = {
    "Workspaces": (_workspace, {"createWorkspace", "updateWorkspace", "deleteWorkspace"}),
    "Deployments": (_deployment, {"createDeployment", "deleteDeployment"}),
    "configuration": (_configuration, {"updateDeployment", "createWorkerQueue"}),
    "worker queues": (_queues, {"createWorkerQueue", "updateWorkerQueue"}),
    "variables": (_variables, {"updateDeploymentVariables"}),
    "alert e-mails": (_alert_emails, {"updateDeploymentAlerts"}),
    "transfer": (_transfer, {"transferDeployment"}),
    "deploys": (_deploys, {"createDeploy", "rollBackDeploy"}),
    "refused deploys": (_refused_deploy, {"createDeploy"}),
    "keys": (
        _keys,
        {
            "createDeploymentApiKey",
            "updateDeploymentApiKey",
            "rotateDeploymentApiKeySecret",
            "disableDeploymentApiKey",
            "enableDeploymentApiKey",
            "deleteDeploymentApiKey",
        },
    ),
    "people": (_people, {"createUser"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_largest_input_makes_a_bounded_event(by, deployment, change):
    act, operations = CHANGES[change]

    act(by, deployment)

    events = AuditEvent.objects.all()
    assert operations <= {event.operation for event in events}
    assert max(bytes_of(event) for event in events) <= ROW_BYTES


def test_many_variables_are_named_in_part_and_counted_in_full(by, deployment):
    _variables(by, deployment)

    event = AuditEvent.objects.latest("pk").input
    assert event["counts"] == {"added": 500, "deleted": 500}
    assert len(event["variables"]) + event["cut"]["variables"] == 1000
    assert event["variables"][0]["change"] == "deleted"


def bytes_of(event):
    row = {field.name: getattr(event, field.name) for field in event._meta.fields if field.name != "at"}
    return sum(
        len(json.dumps(value) if isinstance(value, dict) else str(value).encode()) for value in row.values()
    )
