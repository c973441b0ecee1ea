"""Deploys as the client of today reads and sends them; see `schemas`."""

from typing import Any

from pydantic import Field

from apikeys.astro.v1.schemas import Sent, Shown
from cloudui.web.rest.schemas import Moment


class DeployNew(Sent):
    """What a deploy will consist of."""

    type: str
    description: str = ""
    git: dict[str, Any] | None = None


class DeployFinished(Sent):
    """What was uploaded; without a version there are no new DAGs."""

    dag_tarball_version: str = ""


class DeployShown(Shown):
    """A deploy, announced or made."""

    id: str
    deployment_id: str
    type: str
    status: str
    description: str
    is_dag_deploy_enabled: bool
    image_repository: str = ""
    image_tag: str = ""
    dag_tarball_version: str = ""
    dags_upload_url: str | None = Field(default=None, repr=False)
    created_at: Moment
