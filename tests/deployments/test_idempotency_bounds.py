"""How many calls with an Idempotency-Key one caller has remembered: never too many, and none is forgotten early."""

from datetime import timedelta

import pytest
from django.db import connection

from cloudui.web.models import IdempotentCall
from deployments.models import Deploy, WorkerQueue
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.programs import at, of_key, refusal_of

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L7")]

MOST = 3
TAR = "application/x-tar"


@pytest.fixture(autouse=True)
def _limit(settings, tmp_path):
    settings.IDEMPOTENCY_KEYS_PER_DAY = MOST
    settings.DAGS_ROOT = tmp_path


@pytest.fixture
def program(deployment):
    return of_key(deployment)


def make(program, deployment, name, key):
    queue = {"name": name, "worker_type": "small", "max_workers": 5}
    return program.post(at(deployment, "worker-queues"), queue, key=key)


def fill(program, deployment):
    answers = [make(program, deployment, name, name) for name in "abc"]
    assert [answer.status_code for answer in answers] == [201] * MOST


def test_beyond_the_limit_a_new_key_is_refused_and_makes_nothing(program, deployment):
    fill(program, deployment)

    refused = make(program, deployment, "d", "d")

    assert refusal_of(refused) == (429, "temporarily_unavailable")
    assert "without an Idempotency-Key" in refused.json()["error_description"]
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    assert not WorkerQueue.objects.filter(name="d").exists()
    assert IdempotentCall.objects.count() == MOST


def test_what_is_remembered_is_answered_all_the_same(program, deployment):
    fill(program, deployment)

    assert make(program, deployment, "a", "a").headers["Idempotency-Replayed"] == "true"


def test_without_a_key_it_goes_on(program, deployment):
    fill(program, deployment)

    assert make(program, deployment, "d", "").status_code == 201


def test_a_deploy_is_refused_alike_before_it_begins(program, deployment):
    fill(program, deployment)

    refused = program.post(at(deployment, "deploys"), files(), kind=TAR, key="deploy")

    assert refusal_of(refused) == (429, "temporarily_unavailable")
    assert not Deploy.objects.exists()
    assert IdempotentCall.objects.count() == MOST
    assert program.post(at(deployment, "deploys"), files(), kind=TAR).status_code == 201


def test_another_caller_has_its_own(program, deployment):
    fill(program, deployment)

    assert make(of_key(deployment), deployment, "d", "d").status_code == 201


def test_what_a_day_has_made_old_counts_no_more(program, deployment):
    fill(program, deployment)
    first = IdempotentCall.objects.earliest("created_at")
    IdempotentCall.objects.filter(pk=first.pk).update(created_at=first.created_at - timedelta(hours=24))

    assert make(program, deployment, "d", "d").status_code == 201
    assert make(program, deployment, "e", "e").status_code == 429


def test_a_flood_is_remembered_up_to_the_limit(program, deployment):
    for number in range(5 * MOST):
        make(program, deployment, "a", f"key {number}")
        program.delete(at(deployment, "worker-queues", "a"))

    assert IdempotentCall.objects.count() == MOST


def test_a_row_of_an_older_server_has_no_caller(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deployments_idempotentcall (id, fingerprint, created_at) VALUES ('x', '', %s)",
            ["2026-01-01 00:00:00"],
        )

    assert IdempotentCall.objects.get().caller == ""
