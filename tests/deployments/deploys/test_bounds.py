"""Deploys that fail again and again fill neither the history nor the audit log."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cloudui.web.principal import Kind, Principal
from deployments.deploys import bounds, retention, service
from deployments.deploys.images import record_image
from deployments.deploys.source import DeploySource
from deployments.models import Deploy, DeployFailures, DeployKind
from deployments.service import delete_deployment
from tests.deployments.deploys.archives import MALICIOUS
from tests.deployments.deploys.deploying import key_of, read_by_airflow, send
from tests.deployments.helpers import page, url
from tests.factories import create_deploy
from workspaces.models import AuditEvent

pytestmark = [pytest.mark.usefixtures("root"), pytest.mark.threat("T-L7")]

GARBAGE, _ = MALICIOUS["garbage"]


@pytest.fixture
def clock(monkeypatch):
    """Lets hours pass for what is counted."""
    now = timezone.now()

    def turn(**passed):
        monkeypatch.setattr(bounds, "timezone", SimpleNamespace(now=lambda: now + timedelta(**passed)))

    turn()
    return turn


def fail(principal, deployment, times=1):
    for _ in range(times):
        with pytest.raises(ValidationError):
            service.receive(principal, deployment, io.BytesIO(GARBAGE()))


def events(deployment):
    rows = AuditEvent.objects.of_deployment(deployment.pk).filter(result="failed").order_by("pk")
    return [(row.subject_id, row.input.get("failures", 1)) for row in rows]


def test_of_many_failures_in_an_hour_the_first_is_an_event(by, deployment, clock):
    fail(by, deployment, 30)

    assert events(deployment) == [(by.id, 1)]
    assert Deploy.objects.of(deployment).count() == 30
    assert DeployFailures.objects.get().count == 29


def test_the_others_are_one_event_with_their_count_after_it(by, deployment, clock):
    fail(by, deployment, 30)
    clock(minutes=59)
    bounds.record_counts()
    assert len(events(deployment)) == 1

    clock(minutes=61)
    bounds.record_counts()
    bounds.record_counts()

    assert events(deployment) == [(by.id, 1), (by.id, 29)]
    assert not DeployFailures.objects.exists()
    told = AuditEvent.objects.latest("pk")
    assert (told.operation, told.target, told.subject_name) == ("createDeploy", deployment.pk, by.name)
    assert told.input.keys() == {"failures", "since", "until"}


def test_the_next_failure_after_the_hour_tells_them_too(by, deployment, clock):
    fail(by, deployment, 3)
    clock(minutes=61)

    fail(by, deployment, 2)

    assert events(deployment) == [(by.id, 1), (by.id, 2), (by.id, 1)]
    assert DeployFailures.objects.get().count == 1


def test_a_single_failure_is_told_once(by, deployment, clock):
    fail(by, deployment)
    clock(minutes=61)

    bounds.record_counts()

    assert events(deployment) == [(by.id, 1)]
    assert not DeployFailures.objects.exists()


def test_callers_and_deployments_are_counted_apart(by, deployment, several, clock):
    key = key_of(deployment)
    fail(by, deployment, 2)
    fail(key, deployment, 2)
    sibling = deployment.workspace.deployments.exclude(pk=deployment.pk).first()
    fail(by, sibling, 2)

    assert events(deployment) == [(by.id, 1), (key.id, 1)]
    assert events(sibling) == [(by.id, 1)]
    assert DeployFailures.objects.count() == 3


def test_a_deployment_that_is_deleted_tells_its_counts_before(by, deployment, clock):
    fail(by, deployment, 3)

    delete_deployment(by, deployment)

    assert events(deployment) == [(by.id, 1), (by.id, 2)]


def test_housekeeping_goes_on_where_a_deployment_went(by, deployment, clock, monkeypatch):
    fail(by, deployment, 2)
    clock(minutes=61)
    rows = list(DeployFailures.objects.all())
    deployment.delete()

    for row in rows:
        bounds.record_count(row)

    assert len(AuditEvent.objects.filter(result="failed")) == 1


def test_the_activity_says_how_often(by, as_member, deployment, clock):
    fail(by, deployment, 30)
    clock(minutes=61)
    bounds.record_counts()

    said = page(as_member.get(url("deployments:activity", deployment))).select("tbody tr")[0]
    words = " ".join(said.select("td")[1].get_text(" ").split())
    assert words.startswith("tried to deploy DAGs 29 more times, from ")


def test_of_failed_deploys_the_last_fifty_are_kept(by, deployment, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_FAILED", 5)
    kept = send(by, deployment, "good")
    fail(by, deployment, 12)
    fail(key_of(deployment), deployment, 3)

    assert Deploy.objects.of(deployment).filter(status="FAILED").count() == 5
    assert Deploy.objects.of(deployment).filter(status="SUCCEEDED").get() == kept
    assert read_by_airflow(deployment) == "good"


def old(deployment, hours, **fields):
    made = create_deploy(deployment, **fields)
    moment = timezone.now() - timedelta(hours=hours)
    Deploy.objects.filter(pk=made.pk).update(created_at=moment, finished_at=moment)
    return made


def test_of_all_deploys_the_last_thousand_are_kept_and_those_of_a_day(by, deployment, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_DEPLOYS", 4)
    with_files = old(deployment, 100)
    going = [old(deployment, 90 - number, has_files=False) for number in range(5)]
    returns = [old(deployment, 60 - number, version=with_files.pk) for number in range(5)]
    of_today = [old(deployment, 20 - number, has_files=False) for number in range(6)]

    sent = send(by, deployment)

    left = set(Deploy.objects.of(deployment))
    # The files of the first one are there still; the last return says since when they were read.
    assert left == {with_files, returns[-1], *of_today, sent}
    assert not left.intersection(going)
    retention.prune(deployment)
    Deploy.objects.get(pk=with_files.pk)


def test_deploys_of_images_alone_are_bounded_too(by, deployment, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_DEPLOYS", 4)
    for number in range(8):
        made = record_image(by, deployment, source=DeploySource(DeployKind.IMAGE, image="registry/etl:1"))
        moment = timezone.now() - timedelta(hours=60 - number)
        Deploy.objects.filter(pk=made.pk).update(created_at=moment)

    record_image(by, deployment, source=DeploySource(DeployKind.IMAGE, image="registry/etl:2"))

    # Those that are kept, and one more that says since when.
    assert Deploy.objects.of(deployment).count() <= 5


def test_a_flood_of_failures_stays_within_its_bounds(deployment, clock, monkeypatch):
    monkeypatch.setattr(bounds, "KEPT_FAILED", 5)
    callers = [
        Principal(kind=Kind.API_KEY, id=name * 32, name=name, deployment=deployment.pk) for name in "ab"
    ]
    for hour in range(4):
        clock(hours=2 * hour)
        for caller in callers:
            fail(caller, deployment, 10)
    clock(hours=10)
    bounds.record_counts()

    assert Deploy.objects.of(deployment).count() == 5
    assert not DeployFailures.objects.exists()
    # In each hour two of each caller, which tell of all.
    assert len(events(deployment)) == 4 * 2 * 2
    assert sum(number for _, number in events(deployment)) == 4 * 2 * 10
