"""Reading the history of deploys, which shows how those ended whose server died."""

from collections.abc import Mapping

from django.http import Http404

from cloudui.web.paging import PAGE_SIZE, Page, paginate
from deployments.deploys.completion import recover
from deployments.models import Deploy, Deployment, DeployStatus


def list_deploys(deployment: Deployment, params: Mapping[str, str], *, size: int = PAGE_SIZE) -> Page[Deploy]:
    """One page of deploys, newest first, each with `rolled_back_to`; interrupted ones are ended first (`recover`)."""
    page = _page(deployment, params, size)
    if any(deploy.status == DeployStatus.RECEIVING for deploy in page.rows) and recover(deployment):
        page = _page(deployment, params, size)
    return page


def deploy_to_view(deployment: Deployment, deploy_id: str) -> Deploy:
    """One deploy of a Deployment that the caller may see, with `rolled_back_to`; Http404 if it has none of this id."""
    found = Deploy.objects.of(deployment).select_related("rolled_back_to").filter(pk=deploy_id).first()
    if found is None:
        raise Http404
    return found


def _page(deployment: Deployment, params: Mapping[str, str], size: int) -> Page[Deploy]:
    return paginate(
        Deploy.objects.of(deployment).select_related("rolled_back_to"),
        by="created_at",
        is_descending=True,
        before=params.get("before", ""),
        after=params.get("after", ""),
        size=size,
    )
