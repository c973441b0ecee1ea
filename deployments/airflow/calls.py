"""One conversation with an Airflow: who signs in, what is sent, and a sentence about what went wrong.

It goes to the registered address and nowhere else: no proxy of the environment, no redirect, no cookie.
"""

import asyncio
import base64
import functools
import hashlib
import json
import ssl
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
from django.views.decorators.debug import sensitive_variables

from deployments.airflow.accounts import Account

# A page of Airflow's lists, and a log of which only the end is looked at.
MOST_BYTES: Final = 8 * 1024 * 1024
# Airflow 3 gives tokens for a day, but a restart with another key ends them all.
TOKEN_SECONDS: Final = 15 * 60
MAJORS: Final = ("2", "3")


# Airflow 2 does not tell a wrong password from a role that may not.
REFUSED_BY_2: Final = (
    "Airflow refuses the user name or the password of the service account, or its role may not do that."
)


class AirflowError(Exception):
    """Airflow did not do what was asked; the text says for a person why, and what to do."""


class Unreachable(AirflowError):
    """Nothing answers at its address, or not in time."""


class NotAirflow(AirflowError):
    """Something answers that is no Airflow, or none of a version known here."""


class Refused(AirflowError):
    """Airflow refuses the service account."""


class NotFound(AirflowError):
    """Airflow has no such DAG, run or log."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a conversation begins: by a service account, or by a token that Airflow's auth manager of ours takes.

    With neither only what Airflow tells everybody can be read.
    """

    account: Account | None = None
    token: str = ""


class _Tokens:
    """Tokens of Airflow 3 that this process has, by what they were asked with."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, str]] = {}

    def get(self, key: bytes) -> str:
        ends, token = self._known.get(key, (0.0, ""))
        return token if time.monotonic() < ends else ""

    def put(self, key: bytes, token: str) -> None:
        now = time.monotonic()
        self._known = {known: value for known, value in self._known.items() if value[0] > now}
        self._known[key] = (now + TOKEN_SECONDS, token)

    def drop(self, key: bytes) -> None:
        self._known.pop(key, None)


_tokens = _Tokens()


class Conversation:
    """Calls to one Airflow by one account; an asynchronous context.

    Args:
        base_url: where it is, without a path of its interface.
        version: as Airflow told it; its first digit decides between `/api/v1` and `/api/v2`.
        entry: who signs in.
    """

    def __init__(self, base_url: str, version: str, entry: Entry | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.is_v2 = version.partition(".")[0] != "2"
        self._entry = entry or Entry()
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            verify=_tls(),
            timeout=None,  # noqa: S113 - the whole has one (deployments.airflow.waiting)
            headers={"Accept": "application/json", "User-Agent": "Cloud UI"},
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What Airflow's interface answers at a path below `/api/v1` or `/api/v2`."""
        return await self._call("GET", path, params=params)

    async def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The same with a body."""
        return await self._call(method, path, body=body)

    @property
    def has_entry(self) -> bool:
        """Whether somebody signs in, so that more can be read than what Airflow tells everybody."""
        return self._entry != Entry()

    async def gather(self, *calls: Coroutine[Any, Any, Any]) -> list[Any]:
        """What several calls answer, asked for at once."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(call) for call in calls]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [task.result() for task in tasks]

    async def gather_in_time(self, *calls: Coroutine[Any, Any, Any], seconds: float) -> list[Any]:
        """The same of those that answer in time; the others are given up."""
        if not calls:
            return []
        tasks = [asyncio.ensure_future(call) for call in calls]
        try:
            await asyncio.wait(tasks, timeout=seconds)
            return [task.result() for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()

    @sensitive_variables()
    async def _call(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        url = f"{self.base_url}/api/{'v2' if self.is_v2 else 'v1'}{path}"
        authorization, was_kept = await self._authorization()
        status, content = await self._exchange(method, url, params, body, authorization)
        # A token that Airflow does not know, as after a restart with another key, is refused with 403 too.
        if was_kept and status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            _tokens.drop(self._token_key())
            authorization, _ = await self._authorization()
            status, content = await self._exchange(method, url, params, body, authorization)
        if status == HTTPStatus.FORBIDDEN and not self.is_v2:
            raise Refused(REFUSED_BY_2)
        return _answer(status, content)

    @sensitive_variables()
    async def _exchange(
        self, method: str, url: str, params: Mapping[str, Any] | None, body: Any, authorization: str
    ) -> tuple[int, bytes]:
        headers = {"Authorization": authorization} if authorization else {}
        try:
            async with self._client.stream(
                method, url, params=params, json=body, headers=headers
            ) as response:
                if response.is_redirect:
                    raise NotAirflow(_redirected(response.headers.get("Location", "")))
                content = bytearray()
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > MOST_BYTES:
                        raise AirflowError("Airflow's answer is too large to be shown here.")
                return response.status_code, bytes(content)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise Unreachable(_why_unreachable(error)) from None

    @sensitive_variables()
    async def _authorization(self) -> tuple[str, bool]:
        """The header, and whether its token was kept from an earlier conversation."""
        account = self._entry.account
        if self._entry.token:
            return f"Bearer {self._entry.token}", False
        if account is None:
            return "", False
        if not self.is_v2:
            pair = f"{account.username}:{account.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}", False
        if token := _tokens.get(self._token_key()):
            return f"Bearer {token}", True
        body = {"username": account.username, "password": account.password}
        status, content = await self._exchange("POST", f"{self.base_url}/auth/token", None, body, "")
        token = _read_token(status, content)
        _tokens.put(self._token_key(), token)
        return f"Bearer {token}", False

    @sensitive_variables()
    def _token_key(self) -> bytes:
        account = self._entry.account or Account("", "")
        return hashlib.sha256(repr((self.base_url, account.username, account.password)).encode()).digest()


def in_path(part: str) -> str:
    """An identifier of Airflow's as a part of a path."""
    return quote(part, safe="")


# Private


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than most calls."""
    return httpx.create_ssl_context(trust_env=False)


def _answer(status: int, content: bytes) -> Any:
    if status == HTTPStatus.UNAUTHORIZED:
        raise Refused("Airflow refuses the user name or the password of the service account.")
    if status == HTTPStatus.FORBIDDEN:
        raise Refused("Airflow does not let the service account of this role do that.")
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound(_detail(content) or "Airflow has nothing there.")
    if status >= HTTPStatus.BAD_REQUEST:
        raise AirflowError(f"Airflow answers {status}. {_detail(content)}".strip())
    if not content:
        return {}
    try:
        return json.loads(content)
    except ValueError:
        raise NotAirflow("What answers at its address is no Airflow.") from None


def _detail(content: bytes) -> str:
    """What Airflow says of a refusal, the one or the other way."""
    try:
        answer = json.loads(content)
    except ValueError:
        return ""
    detail = answer.get("detail") if isinstance(answer, dict) else ""
    if isinstance(detail, dict):
        detail = detail.get("reason") or detail.get("message")
    return detail[:300] if isinstance(detail, str) else ""


def _read_token(status: int, content: bytes) -> str:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise Refused("Airflow refuses the user name or the password of the service account.")
    try:
        token = json.loads(content)["access_token"]
    except (ValueError, KeyError, TypeError):
        token = ""
    if status >= HTTPStatus.BAD_REQUEST or not isinstance(token, str) or not token:
        raise Refused(
            f"Airflow gives no token for a user name and password: POST /auth/token answers {status}."
        )
    return token


def _redirected(location: str) -> str:
    to = httpx.URL(location).copy_with(query=None, fragment=None) if _is_url(location) else ""
    return f"What answers there redirects{f' to {to}' if to else ''}. Enter the address where Airflow itself answers."


def _is_url(text: str) -> bool:
    try:
        return bool(httpx.URL(text).host)
    except httpx.InvalidURL:
        return False


_SAID: Final[list[tuple[Callable[[str], bool], str]]] = [
    (lambda text: "CERTIFICATE" in text, "Its certificate is not trusted by this machine."),
    (lambda text: "SSL" in text, "It does not speak TLS there. Use http, or another port."),
    (lambda text: "NAME OR SERVICE" in text or "NAME RESOLUTION" in text, "Its name is not known."),
    (lambda text: "NO ADDRESS" in text, "Its name is not known."),
]


def _why_unreachable(error: Exception) -> str:
    text = str(error).upper()
    for applies, sentence in _SAID:
        if applies(text):
            return f"Airflow cannot be reached. {sentence}"
    if isinstance(error, httpx.ConnectError):
        return "Airflow cannot be reached. Nothing listens at its address."
    return "Airflow cannot be reached. It broke off the connection."
