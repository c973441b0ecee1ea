"""Images: a pipeline pushes one to its registry, and the history says so."""

import re
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from cloudui.web import metrics
from cloudui.web.principal import Principal
from deployments.access import deployment_to_deploy_image
from deployments.deploys.completion import mark_recorded
from deployments.deploys.service import Confirm
from deployments.deploys.source import DeploySource, clean_description, new_deploy
from deployments.models import Deploy, Deployment

# As registries name repositories and tags (OCI Distribution Specification, "Pulling manifests"), with a host.
IMAGE: Final = re.compile(r"(?=.{1,500}\Z)[A-Za-z0-9][A-Za-z0-9._:/-]*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class NoRegistry(Exception):
    """The operator has named no registry for images. An HTTP answer is 400."""

    def __str__(self) -> str:
        return (
            "This installation takes no images: no registry is set (IMAGE_REGISTRY). "
            "Deploy DAGs alone with `astro deploy --dags`, or ask whoever operates it."
        )


def check_image(image: str) -> None:
    """Raise ValidationError for what is no repository with a tag."""
    if not IMAGE.fullmatch(image):
        raise ValidationError({"image": "Name the image as repository:tag, with at most 500 characters."})


def name_image(deployment: Deployment) -> str:
    """Repository and tag for the next image of a Deployment; NoRegistry while the setting `IMAGE_REGISTRY` is empty."""
    if not settings.IMAGE_REGISTRY:
        raise NoRegistry
    return f"{settings.IMAGE_REGISTRY}/{deployment.pk}:deploy-{timezone.now():%Y-%m-%dT%H-%M-%S}"


def record_image(
    principal: Principal,
    deployment: Deployment,
    *,
    source: DeploySource,
    description: str = "",
    deploy_id: str = "",
    confirm: Confirm | None = None,
) -> Deploy:
    """Write into the history that an image was pushed for a Deployment. The DAGs that Airflow reads stay.

    Needs the right to deploy an image. Raises as `receive` for that right, `description` and `confirm`.
    """
    deploy = new_deploy(principal, deployment, clean_description(description), source, deploy_id)
    with transaction.atomic():
        locked = deployment_to_deploy_image(principal, None, deployment.pk, locked=True)
        if confirm is not None:
            confirm(deploy)
        deploy.save(force_insert=True)
        mark_recorded(principal, locked, deploy)
    metrics.count_deploy("succeeded")
    return deploy
