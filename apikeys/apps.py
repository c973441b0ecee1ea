"""API keys of Deployments: their secrets, their life and what they open."""

from django.apps import AppConfig

from cloudui.web import attention


class ApikeysConfig(AppConfig):
    """The top of the three apps."""

    name = "apikeys"
    verbose_name = "API keys"

    def ready(self) -> None:
        """Tell the Overview which keys need attention."""
        from apikeys.attention import needs

        attention.register(needs)
