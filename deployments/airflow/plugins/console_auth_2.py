"""A backend of Airflow 2 that lets in whom the console sends, at the REST API and at the web interface.

Put this file on Airflow's Python path and set, for the webserver, this backend before the others:

    AIRFLOW__API__AUTH_BACKENDS=console_auth_2,airflow.providers.fab.auth_manager.api.auth.backend.session
    CONSOLE_ISSUER=https://console.example.com
    CONSOLE_JWKS_URL=https://console.example.com/.well-known/jwks.json
    CONSOLE_AUDIENCE=airflow:<the Deployment's ID>

A token is believed if the console signed it for this very Airflow, for the minutes that it says. Whom it names becomes a
user of Airflow at the first visit, without a password, and has the role that the last token said.
"""

import functools
import os
import secrets
from collections.abc import Callable
from typing import Any

import jwt
from airflow.www.extensions.init_auth_manager import get_auth_manager
from flask import Response, request
from flask_login import current_user, login_user

ISSUER = os.environ.get("CONSOLE_ISSUER", "")
ROLES = {"viewer": "Viewer", "user": "User", "op": "Op", "admin": "Admin"}
CLAIMS = ["exp", "iat", "sub", "aud", "iss", "role", "name"]
REFRESH_SECONDS = 60

CLIENT_AUTH = None


def init_app(app: Any) -> None:
    """Sign people in at the web interface too; Airflow calls this once."""
    app.before_request(_sign_in)


def requires_authentication(function: Callable[..., Any]) -> Callable[..., Any]:
    """Call a function of the REST API as whom the token names, or leave it to the next backend."""

    @functools.wraps(function)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) if _sign_in_by_token() else Response("Unauthorized", 401)

    return decorated


def _sign_in() -> None:
    if not request.path.startswith("/api/"):
        _sign_in_by_token()


def _sign_in_by_token() -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    claims = _read(token) if scheme.lower() == "bearer" and ISSUER else None
    if claims is None:
        return False
    user = _user(str(claims["sub"]), str(claims["name"]), ROLES[claims["role"]])
    if current_user.is_anonymous or current_user.get_id() != user.get_id():
        login_user(user)
    return True


def _read(token: str) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _keys().get_signing_key_from_jwt(token).key,
            algorithms=["EdDSA"],
            issuer=ISSUER,
            audience=os.environ["CONSOLE_AUDIENCE"],
            options={"require": CLAIMS},
        )
    except jwt.PyJWTError:
        return None
    return claims if claims["role"] in ROLES else None


@functools.cache
def _keys() -> jwt.PyJWKClient:
    return jwt.PyJWKClient(os.environ["CONSOLE_JWKS_URL"], lifespan=REFRESH_SECONDS, timeout=5)


def _user(subject: str, name: str, role_name: str) -> Any:
    manager = get_auth_manager().security_manager
    username = f"console:{subject}"
    role = manager.find_role(role_name)
    user = manager.find_user(username=username)
    if user is None:
        # Two may come at once; the second is not made.
        user = manager.add_user(
            username, name[:64], "", f"{subject}@console", role, secrets.token_urlsafe(32)
        ) or manager.find_user(username=username)
    if user.roles != [role]:
        user.roles = [role]
        manager.update_user(user)
    return user
