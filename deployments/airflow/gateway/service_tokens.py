"""How Airflow is entered by a service account: by name and password (Airflow 2), or by a token for them (Airflow 3).

A token is asked for once and kept until Airflow refuses it, which it does after a day, and after a restart with another
secret. It is never written anywhere.
"""

import asyncio
import base64
import json
from typing import Final

import httpx
from django.views.decorators.debug import sensitive_variables

from cloudui.web.api import ApiError
from deployments.airflow.accounts import Account
from deployments.airflow.gateway.admission import Admission
from deployments.airflow.gateway.upstream import Upstream

MOST_KEPT: Final = 1000
MOST_BYTES: Final = 64 * 1024

REFUSED: Final = (
    "Airflow refuses the service account for the role {}. An operator corrects its name and password in the admin "
    "site, or with manage.py connect_airflow."
)
TOKEN_REFUSED: Final = (
    "Airflow refuses the console's token. Its auth manager needs the address of this console and the audience of this "
    "Deployment; an operator corrects its settings."
)

Key = tuple[str, Account]


class ServiceTokens:
    """The tokens of this process, by Airflow and account."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._tokens: dict[Key, str] = {}
        self._logins: dict[Key, asyncio.Task[str]] = {}

    @sensitive_variables()
    async def authorization(self, admission: Admission, *, refused: bytes = b"") -> bytes:
        """The Authorization header for this call.

        Args:
            admission: the call.
            refused: what was returned before and what Airflow did not take.

        Raises:
            ApiError: 502 if there is nothing else to try, 502 or 504 if Airflow gives no token.
        """
        account = admission.account
        if account is None or admission.speaks_basic:
            if refused:
                raise refusal(admission)
            if account is None:
                return b"Bearer " + admission.token.encode()
            return b"Basic " + base64.b64encode(f"{account.username}:{account.password}".encode())
        key = (admission.base_url, account)
        known = self._tokens.get(key)
        if known is None or b"Bearer " + known.encode() == refused:
            known = await self._log_in_once(key, admission)
        return b"Bearer " + known.encode()

    async def _log_in_once(self, key: Key, admission: Admission) -> str:
        """All who need the same token wait for one sign-in."""
        if key not in self._logins:
            task = asyncio.create_task(self._log_in(key, admission))
            self._logins[key] = task
            task.add_done_callback(lambda _: self._logins.pop(key, None))
        # Whoever leaves does not take it from the others.
        return await asyncio.shield(self._logins[key])

    @sensitive_variables()
    async def _log_in(self, key: Key, admission: Admission) -> str:
        base_url, account = key
        body = json.dumps({"username": account.username, "password": account.password}).encode()
        headers = [(b"content-type", b"application/json"), (b"accept-encoding", b"identity")]
        target = httpx.URL(base_url).raw_path.rstrip(b"/") + b"/auth/token"
        response = await self._upstream.send("POST", base_url, target, headers, body)
        try:
            token = json.loads(await _read(response))["access_token"] if response.is_success else None
        except (ValueError, KeyError, TypeError, httpx.HTTPError):
            token = None
        finally:
            await response.aclose()
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise refusal(admission)
        if len(self._tokens) >= MOST_KEPT:
            self._tokens.clear()
        self._tokens[key] = token
        return token


def refusal(admission: Admission) -> ApiError:
    """502 for what Airflow does not let in, with what is to be done."""
    if admission.account is None:
        return ApiError(502, "service_account_refused", TOKEN_REFUSED)
    return ApiError(502, "service_account_refused", REFUSED.format(admission.role.label))


async def _read(response: httpx.Response) -> bytes:
    text = b""
    async for piece in response.aiter_raw():
        text += piece
        if len(text) > MOST_BYTES:
            raise ValueError("This is no token.")
    return text
