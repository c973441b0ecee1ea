"""Tokens by which the gateway names a caller to an Airflow that has our auth manager (deployments/airflow/plugins).

They are for one Airflow and live for minutes: the gateway makes one for each call. Their type and audience differ from
those of access tokens, so that one that leaks from an Airflow opens nothing here.
"""

import secrets
import time
from typing import Final

from django.conf import settings

from apikeys.tokens import access_tokens
from cloudui.web.principal import Kind, Principal
from deployments.airflow.audience import audience
from deployments.models import AirflowRole, Deployment

TYPE: Final = "JWT"
LIFE_SECONDS: Final = 300


def mint(principal: Principal, deployment: Deployment, role: AirflowRole) -> str:
    """A token that names the caller and the role. Airflow's own log then tells which API key or person it was."""
    now = int(time.time())
    is_key = principal.kind is Kind.API_KEY
    claims = {
        "iss": settings.PUBLIC_URL,
        "aud": audience(deployment.pk),
        "sub": f"{'apikey' if is_key else 'user'}:{principal.id}",
        # As Airflow's own log has it; many keys may have one name.
        "name": f"{principal.name} (API key {principal.id})" if is_key else principal.name,
        "role": role.value,
        "iat": now,
        "nbf": now,
        "exp": now + LIFE_SECONDS,
        "jti": secrets.token_hex(16),
    }
    return access_tokens.sign(claims, type=TYPE)
