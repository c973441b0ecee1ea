"""Deploys: announce one, and finish it once its archive is uploaded (`apikeys.astro.blobs`)."""

from typing import Final

from django.http import Http404
from ninja import Router

from apikeys.astro.changes import ChangeRefused
from apikeys.astro.deploys import announce_deploy, client_of, finish_deploy, refusals
from apikeys.astro.v1.deploy_schemas import DeployFinished, DeployNew, DeployShown
from apikeys.astro.v1.rows import require_organization
from apikeys.astro.v1.views.deployments import DEPLOYMENT
from cloudui.web.api import ApiRequest
from deployments.access import deployment_to_view, require_deploy, require_deploy_image
from deployments.deploys.images import name_image
from deployments.models import Deploy, DeployKind, StagedDeploy

DEPLOYS: Final = f"{DEPLOYMENT}/deploys"
KINDS: Final = {
    "DAG_ONLY": DeployKind.DAGS,
    "IMAGE_ONLY": DeployKind.IMAGE,
    "IMAGE_AND_DAG": DeployKind.IMAGE_AND_DAGS,
}
NOT_TAKEN: Final = "Cloud UI takes deploys of DAGs and of images (astro deploy), and no bundles."

router = Router(tags=["Deploys"])


@router.post(DEPLOYS, response=DeployShown, summary="Announce a deploy")
def announce(request: ApiRequest, organization: str, deployment: str, body: DeployNew) -> DeployShown:
    """Whoever may not deploy is refused here, before anything is built or uploaded."""
    require_organization(organization)
    if body.type not in KINDS:
        raise ChangeRefused(NOT_TAKEN)
    kind = KINDS[body.type]
    found = deployment_to_view(request.principal, None, deployment)
    (require_deploy if kind is DeployKind.DAGS else require_deploy_image)(request.principal, found)
    with refusals():
        image = "" if kind is DeployKind.DAGS else name_image(found)
    staged, url = announce_deploy(
        request.principal,
        found,
        kind=kind,
        image=image,
        description=body.description,
        client=client_of(request),
        git=body.git,
    )
    return _announced(staged, body.type, image, url, takes_dags=found.dag_deploys_enabled)


@router.post(f"{DEPLOYS}/{{slug:deploy}}/finalize", response=DeployShown, summary="Finish a deploy")
def finish(
    request: ApiRequest, organization: str, deployment: str, deploy: str, body: DeployFinished
) -> DeployShown:
    """From then on Airflow reads what was uploaded."""
    require_organization(organization)
    found = deployment_to_view(request.principal, None, deployment)
    if body.dag_tarball_version not in {"", deploy}:
        raise Http404
    made = finish_deploy(request, request.principal, found, deploy, with_dags=bool(body.dag_tarball_version))
    return _made(made, takes_dags=found.dag_deploys_enabled)


# Private


def _announced(staged: StagedDeploy, kind: str, image: str, url: str, *, takes_dags: bool) -> DeployShown:
    repository, tag = _parts(image)
    return DeployShown(
        id=staged.pk,
        deployment_id=staged.deployment_id,
        type=kind,
        status="INITIALIZED",
        description=staged.description,
        is_dag_deploy_enabled=takes_dags,
        image_repository=repository,
        image_tag=tag,
        dags_upload_url=url or None,
        created_at=staged.created_at,
    )


def _made(deploy: Deploy, *, takes_dags: bool) -> DeployShown:
    repository, tag = _parts(deploy.image)
    return DeployShown(
        id=deploy.pk,
        deployment_id=deploy.deployment_id,
        type=next(name for name, kind in KINDS.items() if kind == deploy.kind),
        status="DEPLOYED",
        description=deploy.description,
        is_dag_deploy_enabled=takes_dags,
        image_repository=repository,
        image_tag=tag,
        dag_tarball_version=deploy.version if deploy.has_files else "",
        created_at=deploy.created_at,
    )


def _parts(image: str) -> tuple[str, str]:
    repository, _, tag = image.rpartition(":")
    return repository, tag
