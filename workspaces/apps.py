"""People, Workspaces, what each person may do in them, and the audit log."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """The lowest of the three apps: it knows neither Deployments nor API keys."""

    name = "workspaces"
