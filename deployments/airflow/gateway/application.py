"""The gateway as an ASGI application: each request with its id, its line in the log, and one answer whatever happens."""

import asyncio
import functools
import io
import logging
import time
from typing import Any, Final

import httpx
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse

from cloudui.web import api, client, logs, request_log
from cloudui.web.api import ApiError
from cloudui.web.request_log import Answered
from deployments import airflow_hosts
from deployments.airflow.gateway import admission, paths
from deployments.airflow.gateway.admission import Callers
from deployments.airflow.gateway.carrying import Carrier
from deployments.airflow.gateway.exchange import Call, Exchange
from deployments.airflow.gateway.headers import ApiRules
from deployments.airflow.gateway.incoming import ClientGone, Incoming, Receive
from deployments.airflow.gateway.interface import Interface, explained
from deployments.airflow.gateway.outgoing import CutShort, Outgoing, Send
from deployments.airflow.gateway.threads import Threads
from deployments.airflow.gateway.upstream import Upstream

# How often a call that lasts is looked at again: what ended ends here within a second.
CONFIRM_SECONDS: Final = 0.75
ROUTE: Final = "/airflow/<release_name>/api"
INTERFACE_ROUTE: Final = "<release_name>"
# What ends an answer that has begun, and is no fault of ours.
ENDINGS: Final = (ApiError, Http404, PermissionDenied, httpx.HTTPError)
KEYS: Final = "/.well-known/jwks.json"
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
        self._carrier = Carrier(Exchange(self._upstream), self._threads)
        self._interface = Interface(callers, self._carrier, self._threads)

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
                    ROUTE
                    if airflow_hosts.release_at(request.META.get("HTTP_HOST", "")) is None
                    else INTERFACE_ROUTE,
                    request_log.method_of(request.method),
                    status or outgoing.status,
                )
            )

    async def _answer(
        self, scope: Scope, request: HttpRequest, incoming: Incoming, outgoing: Outgoing
    ) -> None:
        release_name = airflow_hosts.release_at(request.META.get("HTTP_HOST", ""))
        try:
            if request.path == "/healthz" and release_name is None:
                await outgoing.answer(api.answer({"status": "ok"}), with_body=True)
                return
            if release_name is not None:
                require_tls(request)
                refuse_long_body(request)
                await self._interface.serve(scope, request, incoming, outgoing, release_name)
            elif request.path == KEYS:
                # In the clear too: the Airflows of this machine ask by its own address.
                await outgoing.answer(await self._threads.run(self._keys), with_body=True)
            else:
                await self._rest(scope, request, incoming, outgoing)
        except ClientGone:
            raise
        except Exception as exception:
            if outgoing.status:
                if not isinstance(exception, ENDINGS):
                    logger.exception("A call to Airflow ended early")
                raise CutShort from exception
            # Not in a thread: perhaps none is left, because none gets an answer from the database.
            response = api.answer_exception(request, exception)
            if release_name is not None:
                response = explained(request, response)
            await outgoing.answer(response, with_body=request.method != "HEAD")

    def _keys(self) -> HttpResponse:
        return api.answer(self._callers.published_keys(), headers={"Cache-Control": "public, max-age=60"})

    async def _rest(self, scope: Scope, request: HttpRequest, incoming: Incoming, outgoing: Outgoing) -> None:
        """A call of the REST API, by access token."""
        query: bytes = scope.get("query_string", b"")
        target = paths.read_target(scope["raw_path"])
        # Under a host name that is not ours nothing is served.
        request.get_host()
        require_tls(request)
        admitted = await self._threads.run(admission.admit, self._callers, request, target, query)
        refuse_long_body(request)
        call = Call(
            method=str(request.method),
            path=target.path,
            query=query,
            headers=list(scope["headers"]),
            rules=ApiRules(f"/airflow/{target.release_name}"),
        )
        confirm = functools.partial(admission.confirm, self._callers, request, admitted)
        await self._carrier.carry(call, admitted, incoming, outgoing, confirm=confirm, every=CONFIRM_SECONDS)


def require_tls(request: HttpRequest) -> None:
    """Refuse with ApiError 403 plain HTTP where HTTPS is promised."""
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
