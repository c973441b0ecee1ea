"""The ASGI application of the gateway, with those who know its callers. Starting it also checks the key file."""

import os
import sys
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")

django.setup(set_prefix=False)

from apikeys import usage  # noqa: E402 - models need the applications that were just set up
from apikeys.tokens import airflow_tokens, bearer, signing_keys  # noqa: E402 - they too
from cloudui.web import keycheck, request_log  # noqa: E402 - they too
from cloudui.web.principal import Principal  # noqa: E402 - it too
from deployments.airflow.gateway.application import Application  # noqa: E402 - it too
from deployments.models import AirflowRole, Deployment  # noqa: E402 - they too


class Callers:
    """Who calls, by access token."""

    def identify(self, request: HttpRequest) -> Principal | None:
        return bearer.identify(request)

    def is_live(self, request: HttpRequest) -> bool:
        return bearer.is_live(request)

    def published_keys(self) -> dict[str, Any]:
        return signing_keys.published()

    def mint(self, principal: Principal, deployment: Deployment, role: AirflowRole) -> str:
        return airflow_tokens.mint(principal, deployment, role)


def start() -> None:
    """What a process does before its first request, beside loading this."""
    try:
        keycheck.verify_in_time()
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration error: {error}")
    usage.write_regularly()
    request_log.write_regularly()


application = Application(Callers())
