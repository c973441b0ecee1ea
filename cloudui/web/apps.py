"""The kernel as a Django application: it brings two tables (`cloudui.web.models`) and the converters of paths."""

from django.apps import AppConfig
from django.urls import register_converter

from cloudui.web import observers
from cloudui.web.ids import IdConverter, KeyIdConverter


class WebConfig(AppConfig):
    """The kernel in Django's registry."""

    name = "cloudui.web"
    label = "web"
    verbose_name = "Installation"

    def ready(self) -> None:
        """Have paths know identifiers, whichever URL configuration is read first, and metrics know failures."""
        register_converter(IdConverter, "cid")
        register_converter(KeyIdConverter, "keyid")
        observers.connect()
