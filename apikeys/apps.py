"""API keys of Deployments: their secrets, their life and what they open."""

from django.apps import AppConfig


class ApikeysConfig(AppConfig):
    """The top of the three apps."""

    name = "apikeys"
    verbose_name = "API keys"
