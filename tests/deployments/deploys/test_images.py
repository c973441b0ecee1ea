"""Deploys of an image: named, announced, recorded; what Airflow reads here stays unless DAGs come with it."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from deployments.deploys.finishing import finish
from deployments.deploys.images import NoRegistry, name_image
from deployments.deploys.service import roll_back
from deployments.deploys.staging import announce
from tests.deployments.deploys.announcing import BOTH, DAGS, IMAGE, announced, archive
from tests.deployments.deploys.deploying import read_by_airflow, send
from workspaces.models import AuditEvent

pytestmark = pytest.mark.usefixtures("root")


@pytest.mark.parametrize("source", [IMAGE, BOTH], ids=["image", "image and DAGs, none uploaded"])
def test_an_image_is_recorded_and_the_dags_stay(source, by, deployment):
    before = send(by, deployment, "print(1)")
    staged = announced(by, deployment, source)

    deploy = finish(by, deployment, staged, with_dags=False)

    deployment.refresh_from_db()
    assert deployment.current_deploy == before
    assert read_by_airflow(deployment) == "print(1)"
    assert (deploy.status, deploy.kind, deploy.image) == ("SUCCEEDED", "IMAGE", "registry.example.com/etl:1")
    assert AuditEvent.objects.get(target=deploy.pk).input["image"] == deploy.image
    with pytest.raises(ValidationError, match="no DAGs to go back to"):
        roll_back(by, deployment, deploy)


def test_the_server_names_an_image_in_the_registry_of_the_operator(deployment, settings):
    settings.IMAGE_REGISTRY = "registry.example.com/airflow"
    name = name_image(deployment)
    assert re.fullmatch(
        rf"registry\.example\.com/airflow/{deployment.pk}:deploy-\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d", name
    )
    settings.IMAGE_REGISTRY = ""
    with pytest.raises(NoRegistry, match="IMAGE_REGISTRY"):
        name_image(deployment)


@pytest.mark.parametrize(
    "image", ["a", "a:", ":a", "a:b c", "a:<b>", f"{'a' * 499}:b", f"a:{'b' * 129}", "-a:b", "a\n:b"]
)
def test_what_names_no_image_is_refused(image, by, deployment):
    staged = announced(by, deployment, IMAGE)
    with pytest.raises(ValidationError, match="repository:tag"):
        finish(by, deployment, staged, with_dags=False, image=image)
    made = finish(by, deployment, staged, with_dags=False, image="localhost:5000/org/dep:deploy-1_2.3")
    assert made.image == "localhost:5000/org/dep:deploy-1_2.3"


def test_an_image_with_dags_is_one_deploy(by, deployment):
    deploy = finish(by, deployment, announced(by, deployment, BOTH, content=archive("3")), with_dags=True)
    assert read_by_airflow(deployment) == "3"
    assert (deploy.kind, deploy.image) == ("IMAGE_AND_DAGS", "registry.example.com/etl:1")


def test_while_dag_deploys_are_disabled_only_an_image_can_be_deployed(by, deployment):
    deployment.dag_deploys_enabled = False
    deployment.save()

    with pytest.raises(PermissionDenied, match="DAG deploys are disabled"):
        announce(by, deployment, source=DAGS)
    staged, capability = announce(by, deployment, source=BOTH)
    assert capability == ""
    assert finish(by, deployment, staged.pk, with_dags=False).kind == "IMAGE"
