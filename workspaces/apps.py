"""This app in Django's registry, and the admin site that takes the place of Django's own."""

from django.apps import AppConfig

# Not the class itself: Django would take it for a configuration of this app.
from django.contrib.admin import apps as admin


class WorkspacesConfig(AppConfig):
    """The lowest of the three apps: it knows neither Deployments nor API keys."""

    name = "workspaces"


class OperatorsConfig(admin.AdminConfig):
    """Django's admin with our site in place of its own."""

    default = False
    default_site = "workspaces.operators.OperatorsSite"
