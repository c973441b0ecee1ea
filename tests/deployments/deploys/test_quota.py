"""What one Deployment may keep: who goes first, who never goes, and what is said when nothing may go."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from cloudui.web.disk import NoSpace, require_space
from deployments.deploys import quota, retention, service
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment
from tests.apikeys.machine import token_of
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.deploying import Meanwhile, age, agree, history, read_by_airflow, send
from tests.deployments.helpers import HX, field_error, text, url
from tests.factories import create_api_key, create_deployment

pytestmark = pytest.mark.usefixtures("root")

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def small(settings):
    """At most 3 MiB and 4 versions."""
    settings.DEPLOY_MIB_PER_DEPLOYMENT = 3
    settings.DEPLOY_VERSIONS_PER_DEPLOYMENT = 4


def of_size(size: int) -> io.BytesIO:
    return io.BytesIO(zipped(files({"a.py": b"1", "large.bin": bytes(size)})))


def receive(by, deployment, size: int) -> Deploy:
    return service.receive(by, deployment, of_size(size))


def kept(deployment: Deployment) -> set[str]:
    on_disk = set(Bundle(deployment.release_name).versions)
    assert set(Deploy.objects.of(deployment).uploads().values_list("pk", flat=True)) == on_disk
    return on_disk


def test_what_was_not_read_for_the_longest_goes_when_there_are_too_many(by, deployment):
    made = []
    for number in range(6):
        made.append(send(by, deployment, str(number)).pk)
        age(deployment, 2)
    assert kept(deployment) == set(made[2:])
    agree(deployment)


def test_what_was_read_again_counts_as_new(by, deployment):
    first, second = send(by, deployment, "1"), send(by, deployment, "2")
    age(deployment, 2)
    service.roll_back(by, deployment, first)
    age(deployment, 2)
    later = [send(by, deployment, text).pk for text in "345"]
    assert kept(deployment) == {first.pk, *later}
    assert second.pk not in kept(deployment)


def test_only_as_much_goes_as_a_new_version_needs(by, deployment):
    made = []
    for size in (MIB, MIB // 2, MIB, MIB):
        made.append(receive(by, deployment, size).pk)
        age(deployment, 2)
    assert kept(deployment) == set(made[1:])


def test_what_airflow_has_read_within_the_hour_stays(by, deployment):
    made = [receive(by, deployment, MIB).pk for _ in range(2)]

    with pytest.raises(ValidationError) as refused:
        receive(by, deployment, MIB)

    assert refused.value.error_dict["archive"][0].code == "too_large"
    said = refused.value.message_dict["archive"][0]
    assert "needs more than the 1016.0 KiB that are left" in said
    assert "2.0 MiB of its 3.0 MiB hold the version that Airflow reads" in said
    assert "raise DEPLOY_MIB_PER_DEPLOYMENT" in said
    assert kept(deployment) == set(made)
    assert history(deployment)[-1] == ("FAILED", said)
    age(deployment, 1)
    receive(by, deployment, MIB // 2)


def test_nothing_goes_for_an_archive_that_is_refused(by, deployment):
    made = []
    for number in range(4):
        made.append(send(by, deployment, str(number)).pk)
        age(deployment, 2)
    for wrong in (b"garbage " * 100, of_size(4 * MIB).read()):
        with pytest.raises(ValidationError):
            service.receive(by, deployment, io.BytesIO(wrong))
    assert kept(deployment) == set(made)


def test_a_bomb_is_stopped_where_the_quota_ends(by, deployment, root):
    with pytest.raises(ValidationError, match=r"more than the 3\.0 MiB that a Deployment may keep"):
        receive(by, deployment, 60 * MIB)
    assert kept(deployment) == set()
    assert list((root / deployment.release_name / "incoming").iterdir()) == []


def test_many_small_files_are_not_free(by, deployment):
    many = files({f"{number}.py": b"" for number in range(3 * 256 + 1)})
    with pytest.raises(ValidationError, match="more than"):
        service.receive(by, deployment, io.BytesIO(many))
    sent = service.receive(
        by, deployment, io.BytesIO(files({f"{number}.py": b"" for number in range(3 * 256)}))
    )
    sent.refresh_from_db()
    assert (sent.size, sent.stored_bytes) == (0, 3 * MIB)


def test_one_more_than_may_be_kept_of_what_is_needed_is_no_deploy(by, deployment):
    made = [send(by, deployment, str(number)).pk for number in range(4)]
    before = history(deployment)

    with pytest.raises(ValidationError) as refused:
        send(by, deployment, "5")

    assert refused.value.code == quota.EXCEEDED
    assert "may keep 4 versions, and none of them may go yet" in refused.value.message
    assert "raise DEPLOY_VERSIONS_PER_DEPLOYMENT" in refused.value.message
    assert (kept(deployment), history(deployment)) == (set(made), before)
    age(deployment, 1)
    send(by, deployment, "5")
    assert made[0] not in kept(deployment)


def test_a_deployment_takes_nothing_from_another(by, deployment):
    other = create_deployment(workspace=deployment.workspace)
    for one in (deployment, other):
        for number in range(4):
            send(by, one, str(number))
    age(deployment, 2)
    send(by, deployment, "5")
    assert (len(kept(deployment)), len(kept(other))) == (4, 4)


def test_a_deploy_that_makes_no_room_has_succeeded(by, deployment, monkeypatch):
    for number in range(4):
        send(by, deployment, str(number))
        age(deployment, 2)

    def fault(*_: object) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Bundle, "remove", fault)
        assert send(by, deployment, "5").status == "SUCCEEDED"
    agree(deployment)
    assert read_by_airflow(deployment) == "5"


def test_housekeeping_makes_room_when_a_setting_was_lowered(by, deployment, settings):
    made = []
    for number in range(4):
        made.append(send(by, deployment, str(number)).pk)
        age(deployment, 2)
    settings.DEPLOY_VERSIONS_PER_DEPLOYMENT = 2
    assert quota.exceeded() == {deployment.pk}
    with bundles.hold(deployment.pk):
        retention.tidy_up()
    assert kept(deployment) == set(made)
    retention.tidy_up()
    assert kept(deployment) == set(made[2:])
    assert quota.exceeded() == set()


def test_versions_of_an_older_server_are_estimated(by, deployment):
    sent = receive(by, deployment, MIB)
    Deploy.objects.update(stored_bytes=0)
    assert quota.usage(deployment).stored_bytes == sent.size + 2 * 4096
    assert quota.versions(deployment)[0].stored_bytes == sent.size + 2 * 4096


def test_a_roll_back_takes_nothing(by, deployment):
    first, _ = send(by, deployment, "1"), send(by, deployment, "2")
    before = quota.usage(deployment)
    for to in (first, Deploy.objects.latest("created_at"), first):
        if to.version != Bundle(deployment.release_name).current:
            service.roll_back(by, deployment, to)
    assert quota.usage(deployment) == before
    assert (before.versions, before.stored_bytes) == (2, 2 * 4096)


def test_what_an_upload_may_still_write_is_reserved(by, deployment, disk_with):
    disk_with(5 * MIB)
    seen: list[bool] = []

    def look() -> None:
        require_space(bundles.root(), 2 * MIB)
        with pytest.raises(NoSpace) as refused:
            require_space(bundles.root(), 2 * MIB + 1)
        seen.append(refused.value.is_taken)

    service.receive(by, deployment, Meanwhile(files({"a.py": bytes(1000)}), look))

    assert set(seen) == {True}
    require_space(bundles.root(), 5 * MIB)


# Faces


@pytest.fixture
def token(deployment):
    return {"Authorization": f"Bearer {token_of(create_api_key(deployment))}"}


def test_programs_are_told(client, by, deployment, token):
    path = f"/v1/deployments/{deployment.pk}/deploys"
    receive(by, deployment, 2 * MIB)

    large = client.post(path, of_size(MIB).read(), content_type="application/gzip", headers=token)
    for number in range(3):
        send(by, deployment, str(number))
    one_more = client.post(path, of_size(1).read(), content_type="application/gzip", headers=token)

    assert (large.status_code, one_more.status_code) == (413, 409)
    assert "Send a smaller one, try again in an hour" in large.json()["error_description"]
    assert "Try again in an hour" in one_more.json()["error_description"]
    assert client.get(path, headers=token).json()["storage"] == {
        "stored_bytes": 2 * MIB + 4 * 4096,
        "stored_bytes_limit": 3 * MIB,
        "versions": 4,
        "versions_limit": 4,
    }


def test_people_are_told(as_editor, by, deployment):
    address = url("deployments:deploy", deployment)
    receive(by, deployment, 2 * MIB)

    large = as_editor.post(address, {"archive": SimpleUploadedFile("x.tgz", of_size(MIB).read())}, headers=HX)
    for number in range(3):
        send(by, deployment, str(number))
    one_more = as_editor.post(address, {"archive": SimpleUploadedFile("x.tgz", files())}, headers=HX)

    assert (large.status_code, one_more.status_code) == (422, 409)
    assert "Send a smaller one, try again in an hour" in field_error(large, "archive")
    assert "none of them may go yet" in text(one_more)
    assert "2.0 MiB of 3.0 MiB, 4 of 4 versions." in text(
        as_editor.get(url("deployments:deploys", deployment))
    )
