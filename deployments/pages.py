"""What every page of a Deployment shows around its own part."""

from typing import Any

from deployments.models import Deployment
from workspaces.models import Role


def deployment_context(deployment: Deployment, *, tab: str = "") -> dict[str, Any]:
    """The context of `deployments/_layout.html`, for the pages of this app and of those above it.

    Args:
        deployment: as its access function returned it, with `caller_role`.
        tab: which tab is open, by its name in `deployments/_tabs.html`; empty for a page beside the tabs.

    Returns:
        `workspace`, `deployment`, `tab`, `may_edit` (an Editor's rights: change and delete the Deployment)
        and `may_manage_keys` (an Admin's). The flags hide buttons; the access functions protect.
    """
    return {
        "workspace": deployment.workspace,
        "deployment": deployment,
        "tab": tab,
        "may_edit": deployment.caller_role >= Role.EDITOR,
        "may_manage_keys": deployment.caller_role >= Role.ADMIN,
    }
