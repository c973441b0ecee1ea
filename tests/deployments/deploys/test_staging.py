"""Announce, upload, finish: what each step takes, and that nothing happens twice or for anybody else."""

import os
import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from cloudui.web.disk import NoSpace
from cloudui.web.principal import Kind, Principal
from deployments.deploys import staging
from deployments.deploys.finishing import NOT_UPLOADED, cancel, finish
from deployments.deploys.service import DeployInProgress
from deployments.deploys.staging import (
    IDLE_SECONDS,
    MOST_OPEN,
    OPEN_FOR,
    Expired,
    TooManyOpen,
    announce,
    delete_expired,
    staged_for,
)
from deployments.deploys.store import bundles
from deployments.deploys.store.refusal import LIMITS, MIB, Refused, TooLarge
from deployments.deploys.store.staged import MOST_BLOCKS, StagedArchive
from deployments.models import Deploy, StagedDeploy
from tests.deployments.deploys.announcing import DAGS, SHA, announced, archive
from tests.deployments.deploys.archives import files, read, zipped
from tests.deployments.deploys.deploying import agree, history, key_of, read_by_airflow
from tests.factories import create_deployment
from workspaces.models import AuditEvent

pytestmark = pytest.mark.usefixtures("root")


def test_what_was_uploaded_in_blocks_is_what_airflow_reads(by, deployment):
    staged = announced(by, deployment, content=archive("print(1)"))

    deploy = finish(by, deployment, staged, with_dags=True)

    assert read_by_airflow(deployment) == "print(1)"
    agree(deployment)
    assert (deploy.pk, deploy.version, deployment.current_deploy_id) == (staged, staged, staged)
    deploy.refresh_from_db()
    assert (deploy.kind, deploy.description, deploy.client) == ("DAGS", "Hello", "astro 1.45.0")
    assert (deploy.commit_sha, deploy.commit_branch) == (SHA, "main")
    event = AuditEvent.objects.get(operation="createDeploy")
    assert (event.input["client"], event.input["commit"]) == ("astro 1.45.0", SHA)
    assert not StagedDeploy.objects.exists()
    assert not StagedArchive(staged).path.exists()


def test_a_small_one_may_come_whole(by, deployment):
    staged, capability = announce(by, deployment, source=DAGS)
    assert staging.stage_whole(staged_for(capability), archive("2")) == staged.pk
    finish(by, deployment, staged.pk, with_dags=True)
    assert read_by_airflow(deployment) == "2"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["dags/a.py", "dags/lib/b.py"], {"a.py", "lib/b.py"}),
        (["jobs/a.py", "jobs/astronomer_monitoring_dag.py"], {"a.py", "astronomer_monitoring_dag.py"}),
        # Packed without a folder around it, by --no-dags-base-dir.
        (["a.py", "dags/b.py"], {"a.py", "dags/b.py"}),
        (["lib/a.py"], {"lib/a.py"}),
        (["dags"], {"dags"}),
    ],
)
def test_the_folder_that_the_client_packs_is_what_airflow_reads(names, kept, by, deployment, root):
    content = zipped(files(dict.fromkeys(names, b"1" * 100)))
    finish(by, deployment, announced(by, deployment, content=content), with_dags=True)
    current = root / deployment.release_name / "current"
    assert set(read(current.resolve())) == kept
    assert not list((root / deployment.release_name / "incoming").iterdir())
    agree(deployment)


def test_finishing_again_gets_the_same_deploy(by, deployment):
    staged = announced(by, deployment, content=archive())
    first = finish(by, deployment, staged, with_dags=True)
    assert finish(by, deployment, staged, with_dags=True) == first
    assert Deploy.objects.count() == 1


def test_of_two_that_finish_it_at_once_one_makes_the_deploy(by, deployment):
    staged = announced(by, deployment, content=archive())

    def finish_too(_: Deploy) -> None:
        StagedDeploy.objects.filter(pk=staged).delete()

    made = finish(by, deployment, staged, with_dags=True, confirm=finish_too)
    assert finish(by, deployment, staged, with_dags=True) == made


def test_what_confirms_the_deploy_is_asked_with_it(by, deployment):
    staged = announced(by, deployment, content=archive())
    asked: list[Deploy] = []
    made = finish(by, deployment, staged, with_dags=True, confirm=asked.append)
    assert asked == [made]


def test_the_capability_is_not_in_the_database(by, deployment):
    staged, capability = announce(by, deployment, source=DAGS)
    assert capability not in repr(StagedDeploy.objects.filter(pk=staged.pk).values())
    assert announce(by, deployment, source=DAGS)[1] != capability


@pytest.mark.parametrize("with_dags", [True, False])
def test_without_an_upload_there_are_no_dags(with_dags, by, deployment):
    with pytest.raises(ValidationError, match=NOT_UPLOADED):
        finish(by, deployment, announced(by, deployment), with_dags=with_dags)
    assert not Deploy.objects.exists()


def test_a_refused_archive_is_in_the_history_with_its_reason_and_stays_refused(by, deployment):
    staged = announced(by, deployment, content=b"no archive at all " * 5)
    for _ in range(2):
        with pytest.raises(ValidationError, match="tar archive"):
            finish(by, deployment, staged, with_dags=True)
    ((status, reason),) = history(deployment)
    assert status == "FAILED"
    assert "tar archive" in reason
    assert not StagedDeploy.objects.exists()


def test_nobody_else_finishes_or_gives_up_what_somebody_announced(by, deployment):
    staged = announced(by, deployment, content=archive())
    other = create_deployment(workspace=deployment.workspace)
    for caller, target in ((key_of(deployment), deployment), (by, other)):
        with pytest.raises(Http404):
            finish(caller, target, staged, with_dags=True)
        cancel(caller, target, staged)
    assert StagedDeploy.objects.filter(pk=staged).exists()


def test_a_right_that_ended_meanwhile_ends_the_deploy(by, deployment):
    staged = announced(by, deployment, content=archive())
    deployment.ci_cd_enforced = True
    deployment.save()
    with pytest.raises(PermissionDenied):
        finish(by, deployment, staged, with_dags=True)
    assert not Deploy.objects.exists()


def test_it_can_be_finished_after_another_deploy_that_was_at_work(by, deployment, monkeypatch):
    monkeypatch.setattr("deployments.deploys.service.WAIT_SECONDS", 0)
    staged = announced(by, deployment, content=archive("4"))
    with bundles.hold(deployment.pk), pytest.raises(DeployInProgress):
        finish(by, deployment, staged, with_dags=True)
    finish(by, deployment, staged, with_dags=True)
    assert read_by_airflow(deployment) == "4"


def test_what_is_given_up_is_gone(by, deployment):
    staged = announced(by, deployment, content=archive())
    cancel(by, deployment, staged)
    assert not StagedDeploy.objects.exists()
    assert not StagedArchive(staged).path.exists()
    cancel(by, deployment, staged)


def test_after_a_quarter_of_an_hour_it_is_over(by, deployment):
    staged, capability = announce(by, deployment, source=DAGS)
    staging.stage_whole(staged_for(capability), archive())
    StagedDeploy.objects.update(ends_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Expired):
        staged_for(capability)
    with pytest.raises(Http404):
        finish(by, deployment, staged.pk, with_dags=True)
    assert delete_expired() == 1
    assert not StagedArchive(staged.pk).path.exists()
    with pytest.raises(Http404):
        staged_for(capability)


def test_calls_that_are_refused_keep_nothing_open(by, deployment):
    staged = announced(by, deployment)
    for _ in range(3):
        with pytest.raises(ValidationError, match=NOT_UPLOADED):
            finish(by, deployment, staged, with_dags=True)
    row = StagedDeploy.objects.get(pk=staged)
    assert row.ends_at == row.created_at + 2 * OPEN_FOR


def test_what_is_under_way_stays_when_the_rest_is_deleted(by, deployment):
    staged = announced(by, deployment, content=archive())
    StagedArchive("of-a-deleted-deployment").write("a", b"x")
    assert delete_expired() == 0
    assert not StagedArchive("of-a-deleted-deployment").path.exists()
    finish(by, deployment, staged, with_dags=True)


def test_only_so_many_uploads_are_under_way(by, deployment):
    given_up = announced(by, deployment)
    for _ in range(MOST_OPEN - 1):
        announced(by, deployment, content=archive())
    # The one that nobody uploaded to makes room.
    stopped = announced(by, deployment, content=archive())
    assert not StagedDeploy.objects.filter(pk=given_up).exists()
    with pytest.raises(TooManyOpen, match="under way"):
        announce(by, deployment, source=DAGS)
    announce(by, create_deployment(workspace=deployment.workspace), source=DAGS)

    # And so does one whose sender has stopped.
    long_ago = time.time() - IDLE_SECONDS - 1
    os.utime(StagedArchive(stopped).path, (long_ago, long_ago))
    announce(by, deployment, source=DAGS)
    assert not StagedDeploy.objects.filter(pk=stopped).exists()
    assert not StagedArchive(stopped).path.exists()


@pytest.mark.parametrize(
    ("limits", "blocks", "message"),
    [
        ({"sent": 10}, ["a", "b", "c"], "larger than"),
        ({}, [str(number) for number in range(MOST_BLOCKS + 1)], "more than 1,024 blocks"),
    ],
)
def test_the_blocks_together_are_no_more_than_an_archive(limits, blocks, message, monkeypatch):
    monkeypatch.setattr(
        "deployments.deploys.store.staged.LIMITS", type(LIMITS)(**{"sent": 256 * MIB, **limits})
    )
    with pytest.raises(TooLarge, match=message):
        for name in blocks:
            StagedArchive("x").write(name, b"1234")


def test_a_list_names_only_blocks_that_are_here():
    StagedArchive("x").write("a", b"1")
    with pytest.raises(Refused, match="1 of 2 blocks are not here"):
        StagedArchive("x").complete(["a", "b"])


def test_a_block_never_decides_the_name_of_a_file(root):
    StagedArchive("x").write("../../../escaped", b"1")
    assert [path.parent.name for path in root.rglob("*") if path.is_file()] == ["x"]


def test_a_full_disk_is_told_apart_from_a_refusal(by, deployment, disk_with):
    disk_with(archive_size := 1000)
    StagedArchive("x").write("a", bytes(archive_size))
    disk_with(archive_size)
    with pytest.raises(NoSpace):
        StagedArchive("x").write("b", bytes(archive_size + 1))
    disk_with(0).clear()
    staged = announced(by, deployment)
    with pytest.raises(NoSpace):
        StagedArchive(staged).write("a", b"1")


def test_a_key_deploys_for_its_own_deployment_only(deployment):
    key: Principal = key_of(deployment)
    assert key.kind is Kind.API_KEY
    finish(key, deployment, announced(key, deployment, content=archive("5")), with_dags=True)
    assert read_by_airflow(deployment) == "5"
    with pytest.raises(Http404):
        announce(key, create_deployment(workspace=deployment.workspace), source=DAGS)
