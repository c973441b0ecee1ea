"""Idempotency-Key: what is sent again is not done again."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from cloudui.web.models import IdempotentCall
from cloudui.web.rest import idempotency
from deployments.deploys import idempotency as deploy_idempotency
from deployments.deploys import service
from deployments.deploys.store import bundles
from deployments.models import Deploy, WorkerQueue
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.programs import at, fields_of, of_key, of_role, refusal_of
from workspaces.models import AuditEvent, Role

pytestmark = pytest.mark.django_db

TAR = "application/x-tar"
QUEUE = {"name": "heavy", "worker_type": "small", "max_workers": 5}
OTHER = {**QUEUE, "name": "other"}
REPLAYED = "Idempotency-Replayed"
CONFLICT = (409, "conflict")


@pytest.fixture(autouse=True)
def _dags(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path


@pytest.fixture
def program(deployment):
    return of_key(deployment)


@pytest.fixture
def queues(deployment):
    return at(deployment, "worker-queues")


@pytest.fixture
def deploys(deployment):
    return at(deployment, "deploys")


@pytest.fixture
def upload(program, deploys):
    """Deploys by a call with the Idempotency-Key `one`, or another."""
    return lambda data, key="one", query="": program.post(f"{deploys}{query}", data, kind=TAR, key=key)


def assert_replayed(first, second):
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"


def test_the_same_call_gets_the_same_answer(program, queues):
    assert_replayed(*(program.post(queues, QUEUE, key="one") for _ in range(2)))
    assert WorkerQueue.objects.filter(name="heavy").count() == 1
    assert AuditEvent.objects.filter(operation="createWorkerQueue").count() == 1


def test_another_call_with_the_same_key_is_refused(program, queues):
    program.post(queues, QUEUE, key="one")

    assert fields_of(program.post(queues, OTHER, key="one")).keys() == {"Idempotency-Key"}
    assert not WorkerQueue.objects.filter(name="other").exists()


def test_without_a_key_it_is_done_again(program, queues):
    program.post(queues, QUEUE)

    assert fields_of(program.post(queues, QUEUE)).keys() == {"name"}


def test_a_key_belongs_to_its_caller_and_its_address(program, queues, deployment, upload):
    program.post(queues, QUEUE, key="one")

    assert of_role(deployment, Role.EDITOR).post(queues, OTHER, key="one").status_code == 201
    assert upload(files()).status_code == 201


def test_who_lost_the_right_gets_no_stored_answer(queues, deployment):
    program = of_role(deployment, Role.EDITOR)
    program.post(queues, QUEUE, key="one")
    deployment.workspace.memberships.update(role=Role.MEMBER)

    assert program.post(queues, QUEUE, key="one").status_code == 403


def test_a_refused_call_may_be_corrected_with_the_same_key(program, queues, upload):
    refused = program.post(queues, {**QUEUE, "worker_type": "huge"}, key="one")
    assert fields_of(refused).keys() == {"worker_type"}
    assert fields_of(upload(b"no archive")).keys() == {"archive"}

    assert program.post(queues, QUEUE, key="one").status_code == 201
    assert upload(files()).status_code == 201


def test_a_failure_leaves_neither_the_queue_nor_the_memory(program, queues, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_remember", _fail)
        assert program.post(queues, QUEUE, key="one").status_code == 500
    assert not WorkerQueue.objects.filter(name="heavy").exists()
    assert not IdempotentCall.objects.exists()

    assert program.post(queues, QUEUE, key="one").status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "tab\there", "schlüssel"])
def test_a_key_is_up_to_255_printable_characters(program, queues, key):
    assert fields_of(program.post(queues, QUEUE, key=key)).keys() == {"Idempotency-Key"}
    assert program.post(queues, QUEUE, key="x" * 255).status_code == 201


def test_a_key_counts_for_24_hours(program, queues):
    program.post(queues, QUEUE, key="one")
    _age(hours=25)

    assert program.post(queues, OTHER, key="one").status_code == 201


def test_housekeeping_deletes_what_is_old_only(program, queues, settings):
    assert "cloudui.web.rest.idempotency.delete_old" in settings.HOUSEKEEPING
    program.post(queues, QUEUE, key="old")
    _age(hours=25)
    program.post(queues, OTHER, key="new")

    assert idempotency.delete_old() == 1
    assert IdempotentCall.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_two_calls_at_once_make_one(program, queues):
    answers = []

    def call():
        try:
            answers.append(program.post(queues, QUEUE, key="one"))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert_replayed(*sorted(answers, key=lambda answer: REPLAYED in answer.headers))


# Deploys


def test_the_same_upload_deploys_once(upload):
    assert_replayed(*(upload(files(), query="?description=x") for _ in range(2)))
    assert Deploy.objects.count() == 1


def test_another_upload_or_description_with_the_same_key_is_refused(upload):
    upload(files())

    for answer in (upload(zipped(files())), upload(files(), query="?description=x")):
        assert fields_of(answer).keys() == {"Idempotency-Key"}
    assert Deploy.objects.count() == 1


def test_a_roll_back_is_done_once(program, deploys, upload):
    first = upload(files(), key="").json()["id"]
    upload(zipped(files()), key="")

    assert_replayed(*(program.post(f"{deploys}/{first}/roll-back", {}, key="one") for _ in range(2)))
    assert Deploy.objects.count() == 3


def test_the_same_upload_while_the_first_is_at_work_is_a_conflict(upload, monkeypatch):
    monkeypatch.setattr(service, "WAIT_SECONDS", 0)
    inner: list[Any] = []
    recover_interrupted = service.recover_interrupted

    def meanwhile(current):
        recover_interrupted(current)
        if not inner:
            inner.append("")
            inner[0] = upload(files())

    monkeypatch.setattr(service, "recover_interrupted", meanwhile)

    outer = upload(files())

    assert refusal_of(inner[0]) == CONFLICT
    assert outer.status_code == 201
    assert Deploy.objects.count() == 1


def test_the_same_upload_that_waited_for_the_first_says_why_it_failed(upload, monkeypatch):
    begin = service._begin

    def meanwhile(*args, **kwargs):
        # The first one succeeds while this one waits for the store.
        IdempotentCall.objects.update(status=201)
        return begin(*args, **kwargs)

    monkeypatch.setattr(service, "_begin", meanwhile)

    refused = upload(files())

    assert refusal_of(refused) == CONFLICT
    assert refused.json()["error_description"] == str(service.DeployInProgress())
    assert Deploy.objects.get().reason == deploy_idempotency.REPEATED


def test_a_server_that_dies_before_the_success_is_written_deploys_once(upload, deployment, monkeypatch):
    """Airflow reads the new files, the history does not know yet, and the caller repeats the call."""
    _die_at(monkeypatch, upload, after_activation=True)

    again = upload(files())

    assert again.status_code == 201
    assert again.headers[REPLAYED] == "true"
    assert bundles.Bundle(deployment.release_name).current == again.json()["id"] == Deploy.objects.get().pk


def test_a_server_that_dies_before_the_activation_begins_anew(upload, monkeypatch):
    _die_at(monkeypatch, upload, after_activation=False)

    again = upload(files())

    assert again.status_code == 201
    assert REPLAYED not in again.headers
    assert sorted(Deploy.objects.values_list("status", flat=True)) == ["FAILED", "SUCCEEDED"]


def test_another_upload_after_an_interruption_is_not_taken_for_the_first(upload, monkeypatch):
    _die_at(monkeypatch, upload, after_activation=True)

    assert refusal_of(upload(zipped(files()))) == CONFLICT
    assert upload(zipped(files())).status_code == 201


def test_a_roll_back_since_an_interruption_is_not_taken_for_the_upload(program, deploys, upload, monkeypatch):
    first = upload(zipped(files()), key="").json()["id"]
    upload(zipped(files({"a.py": b"2"})), key="")
    _die_at(monkeypatch, upload, after_activation=False)
    program.post(f"{deploys}/{first}/roll-back", {})

    assert refusal_of(upload(files())) == CONFLICT
    assert upload(files()).status_code == 201


class _Died(BaseException):
    """The process is gone: what would clean up does not run."""


def _die_at(monkeypatch, upload, *, after_activation):
    activate = bundles.Bundle.activate

    def die(self, version):
        if after_activation:
            activate(self, version)
        raise _Died

    with monkeypatch.context() as patch:
        patch.setattr(bundles.Bundle, "activate", die)
        patch.setattr(service, "complete_interrupted", lambda *_: None)
        patch.setattr(deploy_idempotency, "_delete", lambda _: None)
        with pytest.raises(_Died):
            upload(files())


def _age(*, hours):
    for call in IdempotentCall.objects.all():
        IdempotentCall.objects.filter(pk=call.pk).update(created_at=call.created_at - timedelta(hours=hours))


def _fail(*args, **kwargs):
    raise RuntimeError
