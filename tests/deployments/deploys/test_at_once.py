"""Deploys that meet, and deploys whose process died."""

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from deployments.deploys import retention, service
from deployments.deploys.completion import INTERRUPTED
from deployments.deploys.listing import list_deploys
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.deploying import Meanwhile, agree, read_by_airflow, send
from workspaces.models import AuditEvent

pytestmark = pytest.mark.usefixtures("root")


@pytest.mark.django_db(transaction=True)
def test_a_second_deploy_at_once_is_told_so(by, deployment, monkeypatch):
    monkeypatch.setattr(service, "WAIT_SECONDS", 0)

    def another() -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(lambda: _in_thread(lambda: send(by, deployment))).result()

    with pytest.raises(service.DeployInProgress, match="in progress"):
        service.receive(by, deployment, Meanwhile(files(), another))


def test_few_threads_wait_for_one_deployment(root):
    def wait(_: int) -> float:
        began = time.monotonic()
        with pytest.raises(bundles.Busy), bundles.hold("c" * 25, wait_seconds=1):
            pass
        return time.monotonic() - began

    with bundles.hold("c" * 25), ThreadPoolExecutor(12) as pool:
        waited = list(pool.map(wait, range(12)))
    assert sum(seconds >= 1 for seconds in waited) == bundles.MOST_WAITING


def _in_thread(call) -> None:
    try:
        call()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_looking_at_the_history_does_not_end_a_deploy_that_is_at_work(by, deployment):
    seen: list[str] = []
    stream = Meanwhile(
        files({"a.py": b"1"}),
        lambda: seen.extend(deploy.status for deploy in list_deploys(deployment, {}).rows),
    )
    service.receive(by, deployment, stream)
    assert seen == ["RECEIVING"]
    agree(deployment)


def interrupted(by, deployment, **fields) -> Deploy:
    """What a server that was killed leaves in the history."""
    deploy = Deploy(
        deployment=deployment, made_by_kind=by.kind, made_by_id=by.id, made_by_name=by.name, **fields
    )
    deploy.version = deploy.version or deploy.pk
    deploy.save()
    return deploy


def test_the_history_is_shown_while_the_store_is_away(by, deployment, settings, tmp_path):
    deploy = interrupted(by, deployment)
    settings.DAGS_ROOT = tmp_path / "file"
    settings.DAGS_ROOT.touch()
    assert list(list_deploys(deployment, {}).rows) == [deploy]


def test_an_upload_without_a_process_has_failed(by, deployment, root):
    send(by, deployment, "old")
    dead = interrupted(by, deployment)
    half = root / deployment.release_name / "incoming" / dead.pk
    (half / "folder").mkdir(parents=True)

    page = list_deploys(deployment, {})

    assert [(deploy.status, deploy.reason) for deploy in page.rows] == [
        ("FAILED", INTERRUPTED),
        ("SUCCEEDED", ""),
    ]
    assert not half.exists()
    assert read_by_airflow(deployment) == "old"
    agree(deployment)


def test_an_upload_that_airflow_reads_already_has_succeeded(by, deployment):
    send(by, deployment, "old")
    dead = interrupted(by, deployment)
    bundle = Bundle(deployment.release_name)
    bundle.receive(dead.pk, io.BytesIO(files({"a.py": b"new"})), owner=deployment.pk)
    bundle.activate(dead.pk)

    retention.tidy_up()

    agree(deployment)
    assert deployment.current_deploy == dead
    assert deployment.updated_by_name == by.name
    assert AuditEvent.objects.filter(operation="createDeploy", target=dead.pk, result="ok").exists()


def test_an_interrupted_roll_back_keeps_the_files(by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    interrupted(by, deployment, version=first.pk, rolled_back_to=first, has_files=True)

    retention.tidy_up()

    agree(deployment)
    assert read_by_airflow(deployment) == "2"
    service.roll_back(by, deployment, first)
    assert read_by_airflow(deployment) == "1"


def test_a_roll_back_that_airflow_reads_already_has_succeeded(by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    dead = interrupted(by, deployment, version=first.pk, rolled_back_to=first, has_files=True)
    Bundle(deployment.release_name).activate(first.pk)

    send(by, deployment, "3")

    dead.refresh_from_db()
    assert dead.status == "SUCCEEDED"
    agree(deployment)


def test_the_history_is_right_where_nothing_was_at_work(by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    Deployment.objects.update(current_deploy=first)

    retention.tidy_up()

    agree(deployment)
    assert read_by_airflow(deployment) == "1"


def test_a_store_that_lost_its_files_is_no_fault(by, deployment, root, settings, tmp_path):
    send(by, deployment)
    settings.DAGS_ROOT = tmp_path / "empty"
    retention.tidy_up()
    send(by, deployment, "again")
    assert read_by_airflow(deployment) == "again"


def test_the_history_survives_a_fault_right_after_the_activation(by, deployment, monkeypatch):
    def fault(*_arguments: object) -> None:
        raise RuntimeError("after the activation")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(service, "mark_succeeded", fault)
        send(by, deployment, "new")

    agree(deployment)
    assert read_by_airflow(deployment) == "new"
