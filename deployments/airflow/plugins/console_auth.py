"""An auth manager of Airflow 3 that lets in whom the console sends, besides the accounts of the simple auth manager.

Put this file on Airflow's Python path and set, for the API server:

    AIRFLOW__CORE__AUTH_MANAGER=console_auth.ConsoleAuthManager
    CONSOLE_ISSUER=https://console.example.com
    CONSOLE_JWKS_URL=https://console.example.com/.well-known/jwks.json
    CONSOLE_AUDIENCE=airflow:<the Deployment's ID>

A token is believed if the console signed it for this very Airflow, for the minutes that it says. It opens the web
interface and the REST API, with one of the four roles of the simple auth manager, and not what tasks use.
"""

import os
from functools import cached_property
from typing import Any

import httpx
import jwt
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import (
    SimpleAuthManager,
    SimpleAuthManagerRole,
)
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.auth.tokens import JWKS, JWTValidator

ISSUER = os.environ.get("CONSOLE_ISSUER", "")
CLAIMS = frozenset({"exp", "iat", "sub", "aud", "iss", "role", "name"})
# The console publishes a key five minutes before it signs with it.
REFRESH_SECONDS = 60


class ConsoleUser(SimpleAuthManagerUser):
    """A person or an API key of the console, named in Airflow's own log as there."""

    def __init__(self, *, username: str, role: str, name: str) -> None:
        super().__init__(username=username, role=role)
        self._name = name

    def get_name(self) -> str:
        return self._name


class ConsoleAuthManager(SimpleAuthManager):
    """The simple auth manager, which also takes tokens of the console."""

    async def get_user_from_token(self, token: str) -> Any:
        """The user that a token names; InvalidTokenError for one that is not good."""
        if not ISSUER or _issuer_of(token) != ISSUER:
            return await super().get_user_from_token(token)
        claims = await self._console.avalidated_claims(token)
        role = str(claims["role"]).upper()
        if role not in SimpleAuthManagerRole.__members__:
            raise jwt.InvalidTokenError("There is no such role.")
        return ConsoleUser(username=str(claims["sub"]), role=role, name=str(claims["name"]))

    @cached_property
    def _console(self) -> JWTValidator:
        # No proxy of the environment stands between an Airflow and its console.
        client = httpx.AsyncClient(trust_env=False, timeout=5)
        keys = JWKS(url=os.environ["CONSOLE_JWKS_URL"], client=client, refresh_interval_secs=REFRESH_SECONDS)
        return JWTValidator(
            jwks=keys,
            issuer=ISSUER,
            audience=os.environ["CONSOLE_AUDIENCE"],
            algorithm=["EdDSA"],
            required_claims=CLAIMS,
        )


def _issuer_of(token: str) -> Any:
    """Who says to have made a token; nothing is believed of it yet."""
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.InvalidTokenError:
        return None
