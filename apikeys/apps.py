"""API keys of Deployments: their secrets, their life and what they open."""

from django.apps import AppConfig

from cloudui.web import attention


class ApikeysConfig(AppConfig):
    """The top of the three apps."""

    name = "apikeys"
    verbose_name = "API keys"

    def ready(self) -> None:
        """Tell the Overview which keys need attention, and those who ask an Airflow how a token for it is made."""
        from apikeys.attention import needs
        from apikeys.tokens import airflow_tokens
        from deployments.airflow import tokens

        attention.register(needs)
        tokens.sign_with(airflow_tokens.mint)
