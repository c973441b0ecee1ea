"""Deploys of a Deployment: the history, a new version of the DAGs, the return to an earlier one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from ninja import Router

from cloudui.web.api import ApiError, ApiRequest
from cloudui.web.rest.errors import conflict
from cloudui.web.rest.idempotency import IdempotencyKey, body_hash
from cloudui.web.rest.paging import LIMIT, Cursor, Limit, require_cursor
from cloudui.web.rest.schemas import Id, Problem
from deployments.access import deployment_to_deploy, deployment_to_view
from deployments.deploys import listing
from deployments.deploys.idempotency import CallRefused, HashedStream, deployed_once
from deployments.deploys.quota import usage
from deployments.deploys.schemas import DeployPage, DeployShown, DescriptionParam, RollBack, StorageShown
from deployments.deploys.service import DeployInProgress, NotStored, receive, roll_back
from deployments.deploys.uploads import ARCHIVES, require_archive

PATH = "/deployments/{cid:deployment}/deploys"
BODY = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ARCHIVES},
}

router = Router(tags=["Deploys"])


@router.get(PATH, response=DeployPage, summary="List the deploys")
def list_deploys(
    request: ApiRequest, deployment: Id, limit: Limit = LIMIT, cursor: Cursor = ""
) -> DeployPage:
    """The newest first."""
    found = deployment_to_view(request.principal, None, deployment)
    require_cursor(cursor)
    page = listing.list_deploys(found, {"after": cursor}, size=limit)
    return DeployPage(
        items=[DeployShown.of(row) for row in page.rows],
        next_cursor=page.after or None,
        storage=StorageShown.of(usage(found)),
    )


@router.post(
    PATH,
    response={201: DeployShown, 507: Problem},
    summary="Deploy DAGs",
    openapi_extra={"requestBody": BODY},
)
def create_deploy(
    request: ApiRequest,
    deployment: Id,
    description: DescriptionParam = "",
    idempotency_key: IdempotencyKey = "",
) -> HttpResponse:
    """Upload the DAGs as a tar or tar.gz archive. When the answer comes, Airflow reads the new version.

    An archive that is refused changes nothing; the history has it as failed.
    """
    found = deployment_to_deploy(request.principal, None, deployment)
    require_archive(request)
    stream = HashedStream(request)
    with _refusals():
        return deployed_once(
            request,
            idempotency_key,
            found,
            lambda confirm: receive(
                request.principal, found, stream, description=description, confirm=confirm
            ),
            hash_of_body=stream.hash_to_end,
        )


@router.get(f"{PATH}/{{cid:deploy}}", response=DeployShown, summary="Read a deploy")
def read_deploy(request: ApiRequest, deployment: Id, deploy: Id) -> DeployShown:
    """What was deployed, by whom, and how it ended."""
    found = deployment_to_view(request.principal, None, deployment)
    return DeployShown.of(listing.deploy_to_view(found, deploy))


@router.post(f"{PATH}/{{cid:deploy}}/roll-back", response={201: DeployShown}, summary="Roll back to a deploy")
def roll_back_deploy(
    request: ApiRequest, deployment: Id, deploy: Id, data: RollBack, idempotency_key: IdempotencyKey = ""
) -> HttpResponse:
    """Have Airflow read the files of an earlier deploy again. That is a new deploy."""
    found = deployment_to_deploy(request.principal, None, deployment)
    to = listing.deploy_to_view(found, deploy)
    with _refusals():
        return deployed_once(
            request,
            idempotency_key,
            found,
            lambda confirm: roll_back(
                request.principal, found, to, description=data.description, confirm=confirm
            ),
            hash_of_body=lambda: body_hash(request.body),
            to=to,
        )


@contextmanager
def _refusals() -> Iterator[None]:
    """Answer what the service refuses, besides what every router translates."""
    try:
        yield
    except CallRefused as error:
        raise error.answer from error
    except DeployInProgress as error:
        raise conflict(str(error)) from error
    except NotStored as error:
        raise ApiError(503, "temporarily_unavailable", str(error)) from error
    except ValidationError as error:
        archive = error.error_dict.get("archive", ()) if hasattr(error, "error_dict") else ()
        if any(one.code == "too_large" for one in archive):
            raise ApiError(413, "invalid_request", " ".join(error.messages)) from error
        raise
