"""The kernel as a Django application: it brings one table, see `cloudui.web.models`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """What every app stands on."""

    name = "cloudui.web"
    label = "web"
    verbose_name = "Installation"
