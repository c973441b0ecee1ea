"""Deploys and roll-backs: what Airflow reads, what the history says, and what is refused."""

import errno
import io
import os
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone

from cloudui.web.disk import NoSpace
from deployments.deploys import completion, service
from deployments.deploys.listing import list_deploys
from deployments.deploys.store import unpacking
from deployments.deploys.store.bundles import Bundle
from deployments.deploys.store.refusal import MIB
from deployments.models import Deploy
from tests.deployments.deploys.archives import MALICIOUS, files
from tests.deployments.deploys.deploying import Meanwhile, agree, history, key_of, read_by_airflow, send
from tests.factories import create_deployment
from workspaces.models import AuditEvent

pytestmark = pytest.mark.usefixtures("root")


def test_a_deploy_is_what_airflow_reads(by, deployment, root):
    before = timezone.now().timestamp()
    sent = send(by, deployment, "print(1)", description="  The first ")

    assert read_by_airflow(deployment) == "print(1)"
    agree(deployment)
    # Relative, so that the store may be mounted anywhere.
    assert (root / deployment.release_name / "current").readlink() == Path("versions", sent.pk)
    # Airflow notices a changed file by its time, so it is that of the deploy.
    assert (root / deployment.release_name / "current" / "a.py").stat().st_mtime >= before - 1
    assert deployment.current_deploy == sent
    assert (sent.status, sent.size, sent.file_count, sent.description) == ("SUCCEEDED", 8, 1, "The first")
    assert (sent.made_by_kind, sent.made_by_id) == ("user", by.id)
    assert deployment.updated_by_name == by.name


def test_the_log_says_what_was_deployed(by, deployment):
    sent = send(by, deployment, description="Hello")
    event = AuditEvent.objects.get(operation="createDeploy")
    assert event.target == sent.pk
    assert event.input == {
        "id": sent.pk,
        "description": "Hello",
        "size": 1,
        "files": 1,
        "checksum": sent.checksum,
    }


def test_the_next_one_replaces_it_and_both_are_kept(by, deployment):
    first, second = send(by, deployment, "1"), send(by, deployment, "2")

    assert read_by_airflow(deployment) == "2"
    assert set(Bundle(deployment.release_name).versions) == {first.pk, second.pk}
    agree(deployment)


# One for each stage at which an archive may fail; test_store.py has them all.
STAGES = ["nothing sent", "garbage", "parent", "symbolic link", "damaged gzip", "data behind the end", "bomb"]


@pytest.mark.parametrize("kind", STAGES)
def test_a_refused_archive_leaves_nothing_and_the_current_version_stays(by, deployment, root, kind):
    send(by, deployment, "good")
    make, reason = MALICIOUS[kind]
    before = sorted(path for path in root.rglob("*") if path.name != ".locks")

    with pytest.raises(ValidationError) as refused:
        service.receive(by, deployment, io.BytesIO(make()))

    assert reason in refused.value.message_dict["archive"][0]
    assert sorted(path for path in root.rglob("*") if path.name != ".locks") == before
    assert read_by_airflow(deployment) == "good"
    agree(deployment)
    status, said = history(deployment)[-1]
    assert (status, reason in said) == ("FAILED", True)
    assert AuditEvent.objects.filter(operation="createDeploy", result="failed").count() == 1


def test_an_upload_that_breaks_off_fails_with_a_reason(by, deployment):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("gone")
            return super().read(100)

    with pytest.raises(OSError, match="gone"):
        service.receive(by, deployment, Broken(files()))

    assert history(deployment) == [("FAILED", service.BROKE_OFF)]
    agree(deployment)


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_fails_with_a_reason_and_leaves_nothing(by, deployment, monkeypatch):
    send(by, deployment, "good")
    before = Bundle(deployment.release_name).versions
    with monkeypatch.context() as patch:
        patch.setattr(unpacking.os, "fchmod", full)
        with pytest.raises(NoSpace, match="disk is almost full"):
            send(by, deployment)

    assert history(deployment)[-1] == ("FAILED", str(NoSpace()))
    assert Bundle(deployment.release_name).versions == before
    assert list((Bundle(deployment.release_name).path / "incoming").iterdir()) == []
    agree(deployment)


def test_an_almost_full_disk_takes_nothing_more(by, deployment, disk_with):
    send(by, deployment, "good")
    disk_with(200 * MIB)

    with pytest.raises(NoSpace, match="free space, then try again"):
        send(by, deployment)

    assert history(deployment) == [("SUCCEEDED", "")]
    assert read_by_airflow(deployment) == "good"
    agree(deployment)


def test_a_disk_that_others_fill_meanwhile_ends_the_deploy(by, deployment, disk_with):
    send(by, deployment, "good")
    left = disk_with(400 * MIB)
    stream = Meanwhile(files({"a.py": bytes(9 * MIB)}), left.clear, at=5 * MIB)

    with pytest.raises(NoSpace):
        service.receive(by, deployment, stream)

    assert history(deployment)[-1] == ("FAILED", str(NoSpace()))
    assert list((Bundle(deployment.release_name).path / "incoming").iterdir()) == []
    assert read_by_airflow(deployment) == "good"
    agree(deployment)


def test_what_a_version_takes_is_counted_in_blocks(by, deployment):
    archive = files({"a.py": b"1", "empty.py": b"", "folder/b.py": bytes(5000)})
    sent = service.receive(by, deployment, io.BytesIO(archive))
    sent.refresh_from_db()
    assert (sent.size, sent.stored_bytes) == (5001, (1 + 1 + 1 + 2) * 4096)


def test_a_deployment_that_goes_while_its_history_is_read_is_not_found(by, deployment, monkeypatch):
    send(by, deployment)
    Deploy.objects.create(
        deployment=deployment, version="x", made_by_kind="user", made_by_id="x", made_by_name="x"
    )
    monkeypatch.setattr(
        completion, "recover_interrupted", lambda found: type(found).objects.filter(pk=found.pk).delete()
    )

    with pytest.raises(Http404):
        list_deploys(deployment, {})


def test_a_store_that_is_no_folder_is_told_so(by, deployment, settings, tmp_path):
    settings.DAGS_ROOT = tmp_path / "file"
    settings.DAGS_ROOT.touch()
    with pytest.raises(service.NotStored):
        send(by, deployment)
    assert history(deployment) == []


@pytest.mark.parametrize(("description", "problem"), [("x" * 501, "500"), ("a\u202eb", "U+202E")])
def test_a_description_is_visible_text(by, deployment, description, problem):
    with pytest.raises(ValidationError, match=problem.replace("+", r"\+")):
        send(by, deployment, description=description)
    assert history(deployment) == []


# Roll back


def test_rolling_back_reads_the_earlier_version_again(by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    back = service.roll_back(by, deployment, first, description="2 is broken")

    assert read_by_airflow(deployment) == "1"
    agree(deployment)
    assert deployment.current_deploy == back
    assert (back.rolled_back_to, back.version, back.checksum) == (first, first.pk, first.checksum)
    event = AuditEvent.objects.get(operation="rollBackDeploy")
    assert (event.target, event.input["rolledBackTo"]) == (back.pk, first.pk)


def test_rolling_back_to_a_roll_back_names_the_upload(by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    back = service.roll_back(by, deployment, first)
    send(by, deployment, "3")
    assert service.roll_back(by, deployment, back).rolled_back_to == first


def test_rolling_back_is_refused_with_the_reason(by, deployment):
    first = send(by, deployment, "1")
    with pytest.raises(ValidationError, match="current one already"):
        service.roll_back(by, deployment, first)
    with pytest.raises(ValidationError, match="damaged"):
        service.receive(by, deployment, io.BytesIO(b"garbage " * 100))
    failed = Deploy.objects.get(status="FAILED")
    with pytest.raises(ValidationError, match="did not succeed"):
        service.roll_back(by, deployment, failed)
    send(by, deployment, "2")
    Bundle(deployment.release_name).remove(first.pk)
    with pytest.raises(ValidationError, match="no longer kept"):
        service.roll_back(by, deployment, first)
    with pytest.raises(Http404):
        service.roll_back(key_of(other := create_deployment()), other, first)
    assert read_by_airflow(deployment) == "2"


# The history


def test_the_history_is_paged(by, deployment):
    made = [send(by, deployment, str(number)).pk for number in range(5)]
    first = list_deploys(deployment, {}, size=3)
    second = list_deploys(deployment, {"after": first.after}, size=3)
    assert [deploy.pk for deploy in (*first.rows, *second.rows)] == made[::-1]
    assert (first.before, second.after) == ("", "")


def test_a_release_name_that_is_no_folder_is_refused():
    for name in ("..", "", "a/b", ".locks", "-a"):
        with pytest.raises(ValueError, match="no release name"):
            Bundle(name)
