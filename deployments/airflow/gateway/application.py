"""The gateway as an ASGI application: each request with its id, its line in the log, and one answer whatever happens."""

import asyncio
import functools
import io
import logging
import time
from collections.abc import Awaitable
from typing import Any, Final

import httpx
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from django.http import HttpRequest

from cloudui.web import api, client, databases, logs, request_log
from cloudui.web.api import ApiError
from cloudui.web.changes import READING
from cloudui.web.request_log import Answered
from deployments.airflow.gateway import admission, audit, paths
from deployments.airflow.gateway.admission import Admission, Callers
from deployments.airflow.gateway.exchange import Call, Exchange
from deployments.airflow.gateway.incoming import ClientGone, Incoming, Receive
from deployments.airflow.gateway.outgoing import CutShort, Outgoing, Send
from deployments.airflow.gateway.threads import Threads
from deployments.airflow.gateway.upstream import Upstream

# How often a call that lasts is looked at again: what ended ends here within a second.
CONFIRM_SECONDS: Final = 0.75
# For so long a call goes on while nobody can say whether it may.
DOUBT_SECONDS: Final = 10.0
ROUTE: Final = "/airflow/<release_name>/api"
# As nginx notes that the caller left first.
CALLER_LEFT: Final = 499

Scope = dict[str, Any]

logger = logging.getLogger(__name__)


class Application:
    """Answers the requests of one process."""

    def __init__(
        self, callers: Callers, *, upstream: Upstream | None = None, threads: Threads | None = None
    ) -> None:
        self._callers = callers
        self._upstream = upstream or Upstream()
        self._threads = threads or Threads()
        self._exchange = Exchange(self._upstream)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the rest of the protocol says when the process begins and ends."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            # A task of its own, whatever the server runs: only tasks can be cancelled.
            await asyncio.create_task(self._serve(scope, receive, send))

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._upstream.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        request = ASGIRequest(scope, io.BytesIO())
        request_id = client.request_id(request.META)
        request.request_id = request_id  # type: ignore[attr-defined] # as RequestMiddleware does
        context = logs.Context(request_id)
        logs.context.set(context)
        outgoing = Outgoing(send, request_id)
        status = 0
        try:
            await self._answer(scope, request, Incoming(receive, settings.GATEWAY_BODY_BYTES), outgoing)
        except ClientGone:
            status = CALLER_LEFT
        finally:
            request_log.record(
                Answered(
                    time.time(),
                    time.perf_counter() - began,
                    request_id,
                    context.caller_kind,
                    context.caller_id,
                    ROUTE,
                    request_log.method_of(request.method),
                    status or outgoing.status,
                )
            )

    async def _answer(
        self, scope: Scope, request: HttpRequest, incoming: Incoming, outgoing: Outgoing
    ) -> None:
        try:
            if request.path == "/healthz":
                await outgoing.answer(api.answer({"status": "ok"}), with_body=True)
                return
            await self._pass_on(scope, request, incoming, outgoing)
        except ClientGone:
            raise
        except Exception as exception:
            if outgoing.status:
                if not isinstance(exception, ApiError | httpx.HTTPError):
                    logger.exception("A call to Airflow ended early")
                raise CutShort from exception
            # Not in a thread: perhaps none is left, because none gets an answer from the database.
            response = api.answer_exception(request, exception)
            await outgoing.answer(response, with_body=request.method != "HEAD")

    async def _pass_on(
        self, scope: Scope, request: HttpRequest, incoming: Incoming, outgoing: Outgoing
    ) -> None:
        query: bytes = scope.get("query_string", b"")
        target = paths.read_target(scope["raw_path"])
        require_our_address(request)
        admitted = await self._threads.run(
            admission.admit,
            self._callers,
            request,
            target.release_name,
            functools.partial(paths.api_version, target, query),
        )
        call = Call(
            request=request,
            method=str(request.method),
            path=target.path,
            query=query,
            headers=list(scope["headers"]),
            prefix=f"/airflow/{target.release_name}",
        )
        refuse_long_body(request)
        if not call.has_body:
            incoming.skip()
        await first_of(
            self._carry(call, admitted, incoming, outgoing),
            self._watch(request, admitted),
            _until_gone(incoming),
        )

    async def _carry(self, call: Call, admitted: Admission, incoming: Incoming, outgoing: Outgoing) -> None:
        """Pass the call to Airflow and its answer back."""
        status = 0
        try:
            answer = await self._exchange.send(call, admitted, incoming)
            status = answer.status
        except ApiError as error:
            status = error.status
            raise
        finally:
            if call.method not in READING:
                # Also if the caller left: Airflow may have done it all the same.
                await asyncio.shield(asyncio.ensure_future(self._record(call, admitted, status)))
        try:
            await outgoing.start(answer.status, answer.headers)
            async for piece in answer.pieces():
                await outgoing.piece(piece)
            await outgoing.finish()
        finally:
            await answer.response.aclose()

    async def _record(self, call: Call, admitted: Admission, status: int) -> None:
        try:
            await self._threads.run(audit.record_write, admitted, call.method, call.path, status)
        except Error as error:
            databases.log(error, f"A {call.method} at Airflow, answered {status}, could not be audited.")

    async def _watch(self, request: HttpRequest, admitted: Admission) -> None:
        """End when the caller may not go on."""
        sure_at = time.monotonic()
        while True:
            await asyncio.sleep(CONFIRM_SECONDS)
            try:
                await self._threads.run(admission.confirm, self._callers, request, admitted)
                sure_at = time.monotonic()
            except Error as error:
                if not databases.is_unavailable(error) or time.monotonic() - sure_at > DOUBT_SECONDS:
                    raise


async def _until_gone(incoming: Incoming) -> None:
    await incoming.wait_until_gone()
    raise ClientGone


async def first_of(*parts: Awaitable[None]) -> None:
    """Run all until the first ends, which decides; the others are cancelled and waited for."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    # In their order: an answer that is finished is no failure, even if the caller left in the same moment.
    next(task for task in tasks if task in done).result()


def require_our_address(request: HttpRequest) -> None:
    """Refuse another host name than ours, and plain HTTP where HTTPS is promised; DisallowedHost or ApiError 403."""
    request.get_host()
    if "HTTP_X_FORWARDED_PROTO" in request.META and not client.is_trusted_proxy(request):
        del request.META["HTTP_X_FORWARDED_PROTO"]
    if settings.PUBLIC.is_https and not request.is_secure():
        raise ApiError(
            403, "access_denied", f"This installation speaks HTTPS only. Use {settings.PUBLIC_URL}"
        )


def refuse_long_body(request: HttpRequest) -> None:
    """Refuse with ApiError 413, before its first byte, a body that says that it is too long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.GATEWAY_BODY_BYTES:
        raise ApiError(*api.TOO_LARGE)
