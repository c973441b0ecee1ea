"""Deployments and the clusters they run on."""

from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    """Stands on workspaces; does not know API keys."""

    name = "deployments"
