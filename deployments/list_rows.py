"""A Deployment as the list shows it: plain, so that its card or row is made once for each state of it.

The 25 cards of a page took three quarters of its time (docs/performance.md). They are remembered by all that stands in
such a row (cloudui.web.templatetags.remembered), so what has changed is shown at once.
"""

from typing import NamedTuple

from cloudui.web.addresses import address
from cloudui.web.principal import Kind
from cloudui.web.templatetags.moments import moment
from deployments.frame import Menu, menu_of
from deployments.models import Deployment


class Row(NamedTuple):
    """What a card or a row of the table shows; the times as people say them, `deployed_at` empty without a deploy."""

    url: str
    name: str
    status: str
    status_label: str
    release_name: str
    cluster: str
    runtime: str
    description: str
    api_keys: int
    variables: int
    worker_queues: int
    deployed_at: str
    deployed_by: str
    updated_at: str
    updated_by: str
    is_updated_by_key: bool
    created_at: str
    menu: Menu


def row_of(deployment: Deployment) -> Row:
    """The row of a Deployment that was read with its Cluster, Runtime, Airflow and current deploy."""
    deploy = deployment.current_deploy
    return Row(
        url=address("deployments:open", deployment.workspace_id, deployment.pk),
        name=deployment.name,
        status=deployment.status,
        status_label=deployment.get_status_display(),
        release_name=deployment.release_name,
        cluster=deployment.cluster.name,
        runtime=deployment.runtime.version,
        description=deployment.description,
        api_keys=deployment.api_key_count,
        variables=deployment.variable_count,
        worker_queues=deployment.worker_queue_count,
        deployed_at=moment(deploy.created_at) if deploy else "",
        deployed_by=deploy.made_by_name if deploy else "",
        updated_at=moment(deployment.updated_at),
        updated_by=deployment.updated_by_name,
        is_updated_by_key=deployment.updated_by_kind == Kind.API_KEY,
        created_at=moment(deployment.created_at),
        menu=menu_of(deployment),
    )
