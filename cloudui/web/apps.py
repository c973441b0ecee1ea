"""The kernel as a Django application, which has the tables of `cloudui.web.models`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The kernel in Django's registry."""

    name = "cloudui.web"
    label = "web"
    verbose_name = "Installation"
