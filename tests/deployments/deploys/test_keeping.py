"""What stays in the store, and what goes."""

import pytest
from django.core.exceptions import ValidationError

from deployments.deploys import retention, service
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, Deployment
from deployments.service import delete_deployment
from tests.deployments.deploys.deploying import age, read_by_airflow, send
from tests.factories import create_deployment

pytestmark = pytest.mark.usefixtures("root")


def test_the_last_ten_versions_are_kept_and_those_younger_than_a_day(by, deployment):
    made = [send(by, deployment, str(number)).pk for number in range(13)]
    retention.tidy_up()
    assert set(Bundle(deployment.release_name).versions) == set(made), "all of them younger than a day"
    age(deployment, 48)
    with bundles.hold(deployment.pk):
        retention.tidy_up()
    assert set(Bundle(deployment.release_name).versions) == set(made), "somebody is at work"
    retention.tidy_up()

    assert set(Bundle(deployment.release_name).versions) == set(made[3:])
    kept = Deploy.objects.of(deployment).filter(has_files=True).values_list("pk", flat=True)
    assert set(kept) == set(made[3:])
    with pytest.raises(ValidationError, match="no longer kept"):
        service.roll_back(by, deployment, Deploy.objects.get(pk=made[0]))


def test_what_was_read_within_a_day_is_kept_however_old_it_is(by, deployment):
    long_current = send(by, deployment, "old").pk
    age(deployment, 480)
    later = [send(by, deployment, str(number)).pk for number in range(12)]
    retention.tidy_up()
    assert set(Bundle(deployment.release_name).versions) == {long_current, *later}
    age(deployment, 48)
    retention.tidy_up()
    assert set(Bundle(deployment.release_name).versions) == set(later[2:])


def test_the_current_version_is_never_pruned(by, deployment):
    first = send(by, deployment, "first")
    for number in range(12):
        send(by, deployment, str(number))
    service.roll_back(by, deployment, first)
    age(deployment, 48)
    retention.tidy_up()
    assert read_by_airflow(deployment) == "first"
    assert len(Bundle(deployment.release_name).versions) == 10


def test_what_a_process_that_died_was_deleting_goes_at_the_next_deploy(by, deployment):
    send(by, deployment)
    half = Bundle(deployment.release_name).path / "incoming" / ("c" * 25)
    (half / "folder").mkdir(parents=True)

    send(by, deployment)

    assert not half.exists()


# Deleting and moving


def test_what_somebody_put_into_the_store_keeps_housekeeping_from_no_other(by, deployment, caplog):
    other = create_deployment()
    Deploy.objects.create(deployment=other, version="c" * 25, made_by_kind="api_key")
    send(by, deployment)
    link = Bundle(deployment.release_name).path / "current"
    link.unlink()
    link.mkdir()

    retention.tidy_up()

    assert Deploy.objects.of(other).get().status == "FAILED"
    assert deployment.release_name in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_files_go_with_the_deployment(by, deployment, root):
    send(by, deployment)
    delete_deployment(by, deployment)
    assert not (root / deployment.release_name).exists()
    assert list((root / ".locks").iterdir()) == []


def test_housekeeping_deletes_what_was_missed(by, deployment, root):
    send(by, deployment)
    delete_deployment(by, deployment)
    retention.tidy_up()
    assert not (root / deployment.release_name).exists()


def test_a_store_under_another_database_loses_nothing(by, deployment, root):
    send(by, deployment)
    (root / "of-somebody-else" / "versions").mkdir(parents=True)
    Deployment.objects.filter(pk=deployment.pk).delete()
    retention.tidy_up()
    assert sorted(path.name for path in root.iterdir()) == sorted(
        [".locks", "of-somebody-else", deployment.release_name]
    )
