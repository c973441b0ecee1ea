"""Deployments and the clusters they run on."""

from django.apps import AppConfig

from cloudui.web import attention


class DeploymentsConfig(AppConfig):
    """Stands on workspaces; does not know API keys."""

    name = "deployments"

    def ready(self) -> None:
        """Tell the Overview what of Deployments needs attention."""
        from deployments.attention import needs

        attention.register(needs)
