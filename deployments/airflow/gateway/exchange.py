"""One call that is passed on: its body to Airflow, the answer back, both as they come and never whole."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx

from cloudui.web.api import ApiError
from deployments.airflow.gateway.admission import Admission, creating
from deployments.airflow.gateway.headers import Headers, Rules
from deployments.airflow.gateway.incoming import Incoming
from deployments.airflow.gateway.service_tokens import ServiceTokens, refusal
from deployments.airflow.gateway.upstream import NO_ANSWER, UNREACHABLE, Upstream

# As Airflow 3 says with 403 that it cannot verify a token; a role that may not do something gets 403 too.
INVALID_TOKEN: Final = b"Invalid JWT token"
# So much of a refusal is looked at.
PEEK_BYTES: Final = 4096

AGAIN: Final = "Airflow had forgotten its sign-in, which was made anew. Send the request again."


@dataclass(frozen=True, slots=True)
class Call:
    """What came, except for its body: the path and query are those at Airflow."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    rules: Rules

    @property
    def has_body(self) -> bool:
        return any(name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self.headers)


@dataclass(slots=True)
class Answer:
    """An answer of Airflow: its head as the caller gets it, and the pieces of its body. Close it."""

    status: int
    headers: Headers
    response: httpx.Response
    beginning: bytes = b""
    rest: AsyncIterator[bytes] | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, in the encoding in which it comes."""
        if self.beginning:
            yield self.beginning
        async for piece in self.rest or self.response.aiter_raw():
            yield piece


class Exchange:
    """Passes calls on."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._service_tokens = ServiceTokens(upstream)

    async def send(self, call: Call, admission: Admission, incoming: Incoming) -> Answer:
        """Send the call to Airflow and return with the head of the answer.

        Raises:
            ApiError: 413, 502, 503 or 504 if there is none that could be passed on.
        """
        try:
            return await self._send(call, admission, incoming)
        except ApiError as error:
            if admission.is_young and error.error == NO_ANSWER:
                raise creating() from error
            raise

    async def _send(self, call: Call, admission: Admission, incoming: Incoming) -> Answer:
        authorization = await self._service_tokens.authorization(admission)
        answer = await self._attempt(call, admission, incoming, authorization)
        if await _is_stale(answer, admission):
            await answer.response.aclose()
            authorization = await self._service_tokens.authorization(admission, refused=authorization)
            if not incoming.can_be_sent_again:
                raise ApiError(503, "temporarily_unavailable", AGAIN, {"Retry-After": "1"})
            answer = await self._attempt(call, admission, incoming, authorization)
            if await _is_stale(answer, admission):
                await answer.response.aclose()
                raise refusal(admission)
        incoming.skip()
        return answer

    async def _attempt(
        self, call: Call, admission: Admission, incoming: Incoming, authorization: bytes
    ) -> Answer:
        target = httpx.URL(admission.base_url).raw_path.rstrip(b"/") + call.path
        if call.query:
            target += b"?" + call.query
        sent = call.rules.to_airflow(call.headers)
        sent.append((b"authorization", authorization))
        content = incoming.pieces() if call.has_body else None
        response = await self._upstream.send(call.method, admission.base_url, target, sent, content)
        called = admission.base_url + call.path.decode()
        try:
            passed = call.rules.from_airflow(
                response.status_code, response.headers.raw, called, admission.base_url
            )
        except ApiError:
            await response.aclose()
            raise
        return Answer(response.status_code, passed, response)


async def _is_stale(answer: Answer, admission: Admission) -> bool:
    """Whether Airflow does not know whom we sent, as opposed to not allowing it."""
    if answer.status != 403 or admission.speaks_basic:
        return answer.status == 401
    answer.rest = answer.response.aiter_raw()
    try:
        while len(answer.beginning) < PEEK_BYTES:
            answer.beginning += await anext(answer.rest)
    except StopAsyncIteration:
        pass
    except httpx.HTTPError as error:
        await answer.response.aclose()
        raise ApiError(502, NO_ANSWER, UNREACHABLE) from error
    return INVALID_TOKEN in answer.beginning
