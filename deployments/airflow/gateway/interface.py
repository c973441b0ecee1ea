"""The web interface of an Airflow, at a host of its own: who has a cookie of that host is signed in to it.

The cookie says who is there and nothing else. Whether the person may, and as what, is looked up again every few seconds,
and with each request Airflow gets a token of ours for minutes, which names the person and the role.
"""

import dataclasses
import functools
import json
import time
from typing import Any, Final
from urllib.parse import parse_qs

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.debug import sensitive_variables

from cloudui.web import api, logs
from cloudui.web.api import ApiError
from cloudui.web.changes import READING, count_change
from cloudui.web.principal import Kind
from deployments.access import deployment_to_call
from deployments.airflow import visits
from deployments.airflow.gateway.admission import METHODS, Admission, Callers, require_airflow
from deployments.airflow.gateway.carrying import Carrier
from deployments.airflow.gateway.exchange import Call
from deployments.airflow.gateway.incoming import Incoming
from deployments.airflow.gateway.interface_headers import InterfaceRules
from deployments.airflow.gateway.outgoing import Outgoing
from deployments.airflow.gateway.paths import is_write, require_plain
from deployments.airflow.gateway.threads import Threads
from deployments.airflow.roles import airflow_role
from deployments.models import AirflowRole, Status
from workspaces.principals import origin_of, principal_for

# For so long nobody looks again whether a visitor may go on, and as what: a minute is promised.
SURE_SECONDS: Final = 15.0
MOST_KNOWN: Final = 10_000

ENTER: Final = "/console/enter"
# Where Airflow 3 and 2 sign out: that ends the visit, because the next request would be signed in again.
SIGN_OUTS: Final = frozenset({"/console/leave", "/api/v2/auth/logout", "/auth/logout", "/logout", "/logout/"})
# What tasks use, with tokens of Airflow's own.
NOT_FOR_PEOPLE: Final = b"/execution"

NOBODY: Final = (
    "You are not signed in to this Airflow, or no longer. Open it from its Deployment in the console."
)
USED: Final = (
    "This link was used already, or it is older than 30 seconds. Open Airflow from the console again."
)
FOREIGN: Final = "Another page has sent this request. Airflow takes changes from its own pages only."


class Interface:
    """The web interfaces of all Airflows, for one process."""

    def __init__(self, callers: Callers, carrier: Carrier, threads: Threads) -> None:
        self._callers = callers
        self._carrier = carrier
        self._threads = threads
        self._known: dict[tuple[str, str], tuple[float, Admission]] = {}

    async def serve(
        self,
        scope: dict[str, Any],
        request: HttpRequest,
        incoming: Incoming,
        outgoing: Outgoing,
        release_name: str,
    ) -> None:
        """Answer a request at the host of an Airflow.

        Raises:
            ApiError: 400, 401, 403, 404, 405, 413, 502, 503 or 504.
        """
        refuse_others(request)
        cookie = request.COOKIES.get(cookie_name(), "")
        if request.path == ENTER:
            await outgoing.answer(await self._enter(request, release_name), with_body=True)
            return
        if request.path in SIGN_OUTS:
            self._known.pop((release_name, cookie), None)
            await self._threads.run(visits.leave, cookie)
            await outgoing.answer(left(), with_body=True)
            return
        path, query = scope["raw_path"], scope.get("query_string", b"")
        require_plain(path, query)
        if path.startswith(NOT_FOR_PEOPLE):
            raise ApiError(*api.NOT_FOUND)
        if request.method not in METHODS:
            raise ApiError(405, "invalid_request", "This method is not known.", {"Allow": ", ".join(METHODS)})
        admission = await self._admit(request, release_name, cookie)
        if is_write(request.method, path):
            await self._threads.run(count_change, request, admission.principal)
        call = Call(
            method=str(request.method),
            path=path,
            query=query,
            headers=list(scope["headers"]),
            rules=InterfaceRules(request.META.get("HTTP_HOST", "").lower(), cookie_name()),
        )
        confirm = functools.partial(self._confirm, request, release_name, cookie, admission.role)
        await self._carrier.carry(call, admission, incoming, outgoing, confirm=confirm, every=SURE_SECONDS)

    async def _enter(self, request: HttpRequest, release_name: str) -> HttpResponse:
        ticket = parse_qs(request.META.get("QUERY_STRING", "")).get("ticket", [""])[0]
        if request.method != "GET" or not ticket:
            raise ApiError(403, "access_denied", USED)
        entered = await self._threads.run(visits.enter, release_name, ticket)
        if entered is None:
            raise ApiError(403, "access_denied", USED)
        cookie, seconds = entered
        response = _redirect("/")
        response.set_cookie(
            cookie_name(),
            cookie,
            max_age=seconds,
            secure=settings.PUBLIC.is_https,
            httponly=True,
            samesite="Lax",
        )
        return response

    async def _admit(self, request: HttpRequest, release_name: str, cookie: str) -> Admission:
        until, admission = self._known.get((release_name, cookie), (0.0, None))
        if admission is None or time.monotonic() >= until:
            admission = await self._threads.run(self._look_up, request, release_name, cookie)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[release_name, cookie] = (time.monotonic() + SURE_SECONDS, admission)
        logs.set_caller(Kind.USER, admission.principal.id)
        # What is known is of an earlier request.
        principal = dataclasses.replace(admission.principal, origin=origin_of(request))
        return dataclasses.replace(admission, principal=principal)

    @sensitive_variables()
    def _confirm(self, request: HttpRequest, release_name: str, cookie: str, role: AirflowRole) -> None:
        if self._look_up(request, release_name, cookie).role is not role:
            raise ApiError(403, "access_denied", "Your role has changed.")

    @sensitive_variables()
    def _look_up(self, request: HttpRequest, release_name: str, cookie: str) -> Admission:
        user = visits.visitor(release_name, cookie) if cookie else None
        if user is None:
            self._known.pop((release_name, cookie), None)
            raise ApiError(401, "unauthorized", NOBODY)
        principal = principal_for(user, origin=origin_of(request))
        try:
            deployment = deployment_to_call(principal, release_name)
        except Http404:
            self._known.pop((release_name, cookie), None)
            # What is here is no more their business than that of anybody.
            raise ApiError(401, "unauthorized", NOBODY) from None
        airflow = require_airflow(deployment)
        if not airflow.signs_people_in:
            raise ApiError(404, "not_found", "Nobody is signed in to this Airflow by the console.")
        role = airflow_role(principal, deployment)
        return Admission(
            principal=principal,
            deployment=deployment,
            role=role,
            base_url=airflow.base_url.rstrip("/"),
            is_young=deployment.status == Status.CREATING,
            account=None,
            token=self._callers.mint(principal, deployment, role),
            speaks_basic=False,
        )


def cookie_name() -> str:
    """The name of the cookie of a visit; with TLS a browser takes it from this very host only."""
    return "__Host-console_airflow" if settings.PUBLIC.is_https else "console_airflow"


def refuse_others(request: HttpRequest) -> None:
    """Refuse with ApiError 403 what a page of another host sends: that of another Airflow is a stranger's."""
    host = request.META.get("HTTP_HOST", "").lower()
    site, mode = request.META.get("HTTP_SEC_FETCH_SITE"), request.META.get("HTTP_SEC_FETCH_MODE")
    is_elsewhere = site in {"cross-site", "same-site"}
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() != f"{settings.PUBLIC.scheme}://{host}":
        is_elsewhere = True
    is_visit = request.method in READING and mode in {None, "navigate"} and origin is None
    if is_elsewhere and not is_visit:
        raise ApiError(403, "access_denied", FOREIGN)


def left() -> HttpResponse:
    """The way back to the console, without the cookie of the visit."""
    response = _redirect(settings.PUBLIC_URL)
    response.delete_cookie(cookie_name(), samesite="Lax")
    if settings.PUBLIC.is_https:
        response.cookies[cookie_name()]["secure"] = True
    return response


def explained(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """An answer of the machine face as a page, where a person reads it."""
    description = json.loads(answer.content)["error_description"]
    if "text/html" not in request.META.get("HTTP_ACCEPT", ""):
        return answer
    text = render_to_string(
        "deployments/airflow/outside.html", {"reason": description, "console": settings.PUBLIC_URL}
    )
    page = HttpResponse(text, status=answer.status_code, headers=_CLOSED)
    if "Retry-After" in answer:
        page["Retry-After"] = answer["Retry-After"]
    return page


_CLOSED: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _redirect(url: str) -> HttpResponse:
    return HttpResponse(status=303, headers={**_CLOSED, "Location": url})
