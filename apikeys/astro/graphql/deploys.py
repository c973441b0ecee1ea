"""Deploys: of DAGs, which are uploaded in between (`apikeys.astro.blobs`), and of an image, which is pushed elsewhere."""

from typing import Any, Final

from ariadne import MutationType
from django.conf import settings
from django.http import HttpRequest
from graphql import GraphQLError

from apikeys.astro.deploys import announce_deploy, finish_deploy
from apikeys.astro.graphql import rows
from apikeys.astro.graphql.resolvers import Info
from cloudui.web.machine_face import is_api_host
from deployments.access import require_deploy_image
from deployments.deploys.finishing import cancel
from deployments.deploys.source import client_name
from deployments.models import DeployKind

Input = dict[str, Any]

SUCCEEDED: Final = "SUCCEEDED"
NOT_FINISHED: Final = "The upload did not succeed, so nothing was deployed. Deploy again."

# The client of 2023 pushes to images.<first part of the domain>.cloud, with the access token for a password.
FOREIGN_REGISTRY: Final = (
    "Nothing was pushed: this version of astro would send the image and your access token to {registry}, which is "
    "not of this installation. Use version 1.43 or later, or deploy DAGs alone with astro deploy --dags."
)

deploys: Final = MutationType()


@deploys.field("initiateDagDeployment")
def initiate(request: HttpRequest, info: Info, input: Input) -> Input:  # noqa: A002 - its name there
    """Begin the deploy of DAGs. Whoever may not deploy is refused here, before the client uploads."""
    found = rows.deployment_of(info.context, input["runtime_id"])
    staged, url = announce_deploy(info.context, found, kind=DeployKind.DAGS, client=_client(request))
    return {"id": staged.pk, "dag_url": url}


@deploys.field("reportDagDeploymentStatus")
def report(request: HttpRequest, info: Info, input: Input) -> Input:  # noqa: A002 - the same
    """End the deploy of DAGs."""
    found = rows.deployment_of(info.context, input["runtime_id"])
    staged_id = input["initiated_dag_deployment_id"]
    if input["status"] != SUCCEEDED:
        cancel(info.context, found, staged_id)
        raise GraphQLError(NOT_FINISHED)
    made = finish_deploy(request, info.context, found, staged_id, with_dags=True)
    return {
        "id": made.pk,
        "runtime_id": found.pk,
        "action": input.get("action") or "UPLOAD",
        "version_id": made.version,
        "status": SUCCEEDED,
        "message": input.get("message") or "",
        "created_at": made.created_at,
        "initiator_id": made.made_by_id,
        "initiator_type": made.made_by_kind,
    }


@deploys.field("createImage")
def create_image(request: HttpRequest, info: Info, input: Input) -> Input:  # noqa: A002 - the same
    """Begin the deploy of an image, before the client pushes it."""
    found = rows.deployment_of(info.context, input["deployment_id"])
    require_deploy_image(info.context, found)
    _require_own_registry(request)
    staged, _ = announce_deploy(info.context, found, kind=DeployKind.IMAGE, client=_client(request))
    return {"id": staged.pk, "deployment_id": found.pk, "tag": input["tag"], "repository": ""}


@deploys.field("deployImage")
def deploy_image(request: HttpRequest, info: Info, input: Input) -> Input:  # noqa: A002 - the same
    """Record the image that was pushed. This client chooses its name by itself."""
    found = rows.deployment_of(info.context, input["deployment_id"])
    tag, repository = input["tag"], input["repository"]
    made = finish_deploy(
        request,
        info.context,
        found,
        input["image_id"],
        with_dags=False,
        image=f"{repository}:{tag}",
    )
    return {"id": made.pk, "deployment_id": found.pk, "tag": tag, "repository": repository}


def _require_own_registry(request: HttpRequest) -> None:
    name = settings.ASTRO_DOMAIN.partition(":")[0]
    registry = f"images.{name.partition('.')[0]}.cloud"
    if is_api_host(request) and registry != f"images.{name}":
        raise GraphQLError(FOREIGN_REGISTRY.format(registry=registry))


def _client(request: HttpRequest) -> str:
    program = request.headers.get("apollographql-client-name", "")
    version = request.headers.get("apollographql-client-version", "")
    return client_name("astro CLI" if program == "cli" else program, version) if program else ""
