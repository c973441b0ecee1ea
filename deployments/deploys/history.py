"""What the Deploys tab shows: the history, which deploy is current, and which ones can be rolled back to."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError

from cloudui.web import shell_lines
from cloudui.web.principal import Principal
from deployments.access import require_deploy
from deployments.deploys.completion import current_version
from deployments.deploys.listing import list_deploys
from deployments.deploys.quota import Usage, usage
from deployments.deploys.service import require_kept
from deployments.models import Deploy, Deployment, DeployStatus
from workspaces.models import Role

# After the lines that get the token.
_UPLOAD: Final = """\
tar -czf - -C dags . | curl -sS --fail-with-body "$CLOUDUI/v1/deployments/{deployment}/deploys" \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/gzip" --data-binary @-"""


@dataclass(frozen=True, slots=True)
class Row:
    """A deploy in the list, with `rolled_back_to`; `may_roll_back` is about this caller."""

    deploy: Deploy
    is_current: bool
    may_roll_back: bool


@dataclass(frozen=True, slots=True)
class History:
    """A page of deploys; `why_not` is for an Editor who may not deploy, empty for all others."""

    rows: list[Row]
    newer: str
    older: str
    is_receiving: bool
    may_deploy: bool
    why_not: str
    usage: Usage


def history(principal: Principal, deployment: Deployment, params: Any) -> History:
    """One page of the history as the caller sees it; `params` is the query of the URL (`before`, `after`)."""
    page = list_deploys(deployment, params)
    why_not = _why_not(principal, deployment)
    current = current_version(deployment)
    return History(
        rows=[
            Row(
                deploy=deploy,
                is_current=deploy.pk == deployment.current_deploy_id,
                may_roll_back=not why_not
                and deploy.status == DeployStatus.SUCCEEDED
                and deploy.has_files
                and deploy.version != current,
            )
            for deploy in page.rows
        ],
        newer=page.previous_query,
        older=page.next_query,
        is_receiving=any(deploy.status == DeployStatus.RECEIVING for deploy in page.rows),
        may_deploy=not why_not,
        why_not=why_not if deployment.caller_role >= Role.EDITOR else "",
        usage=usage(deployment),
    )


def why_not_roll_back(deployment: Deployment, deploy: Deploy) -> str:
    """Why nobody can roll back to this deploy now, empty if they can."""
    try:
        require_kept(deployment, deploy)
    except ValidationError as refusal:
        return str(refusal.message)
    return ""


def upload_commands(deployment: Deployment) -> str:
    """What to type in a shell, or to put into a pipeline, to deploy with an API key; it never ends that shell."""
    upload = _UPLOAD.format(deployment=deployment.pk)
    return "\n".join([f"export CLOUDUI={settings.PUBLIC_URL}", shell_lines.TYPED, upload])


# Private


def _why_not(principal: Principal, deployment: Deployment) -> str:
    try:
        require_deploy(principal, deployment)
    except PermissionDenied as refusal:
        return str(refusal)
    return ""
