"""The machine face: what every route for programs has in common.

A route for programs is made by `api_route` or `public_api_route` and by nothing else. It answers in JSON
whatever happens, is never cached, never redirects, needs no CSRF token and ignores cookies: only a bearer token
says who calls. How one is read is not known here; a middleware of a higher app sets the function `request.bearer`.
"""

import functools
import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.conf import settings
from django.core import signals
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.log import log_response

from cloudui.web import databases, logs
from cloudui.web.changes import TooManyChanges, count_change
from cloudui.web.disk import NoSpace
from cloudui.web.principal import Kind, Principal
from cloudui.web.slots import SlotsBusy

READ: Final = ("GET", "HEAD")
CHALLENGE: Final = 'Bearer realm="Cloud UI"'

NOT_FOUND: Final = (404, "not_found", "There is nothing at this address.")
BAD_REQUEST: Final = (400, "invalid_request", "The request could not be understood.")
TOO_LARGE: Final = (413, "invalid_request", "The body is too large.")
SERVER_ERROR: Final = (500, "server_error", "Something went wrong on our side. Try again.")

ApiView = Callable[..., HttpResponseBase]
Response = TypeVar("Response", bound=HttpResponseBase)


class ApiRequest(HttpRequest):
    """A request of a route that accepts bearer tokens."""

    principal: Principal


class ApiError(Exception):
    """An answer other than success.

    `error` is a code for programs, from RFC 6749 section 5.2 or RFC 6750 section 3.1 where one fits; `description` a
    sentence in the characters of RFC 6749 section 5.2. `headers` are what the status requires besides, `more` further
    members of the JSON object.
    """

    def __init__(
        self,
        status: int,
        error: str,
        description: str,
        headers: Mapping[str, str] | None = None,
        *,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.headers = dict(headers or {})
        self.more = dict(more or {})


def api_route(
    *, kinds: Collection[Kind] = (), methods: Collection[str] = READ, only_reads: bool = False
) -> Callable[[ApiView], ApiView]:
    """Make a view a route for programs with an access token; the view reads its caller from `request.principal`.

    `kinds` of caller may use it: by default none, so that who does not decide lets nobody in. Other `methods` are 405.
    With `only_reads` its POST changes nothing, and so is not counted (cloudui.web.changes).
    """

    def authorize(request: HttpRequest) -> None:
        principal = require_principal(request)
        if principal.kind not in kinds:
            who = "An API key" if principal.kind is Kind.API_KEY else "A person"
            raise ApiError(
                HTTPStatus.FORBIDDEN,
                "insufficient_scope",
                f"{who} cannot use this address.",
                {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope"'},
            )
        request.principal = principal  # type: ignore[attr-defined]
        logs.set_caller(principal.kind, principal.id)
        # Bodies are refused with one too: PostgreSQL cannot even look for it.
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise ApiError(
                HTTPStatus.BAD_REQUEST, "invalid_request", "The address contains a null character."
            )
        if not only_reads and request.method not in READ:
            count_change(request, principal)

    return functools.partial(_route, authorize=authorize, methods=methods, accepts=frozenset(kinds))


def require_principal(request: HttpRequest) -> Principal:
    """The caller that an access token names.

    Raises:
        ApiError: 401 without a token, or for one that is not good.
    """
    identify = getattr(request, "bearer", None)
    principal: Principal | None = identify() if identify else None
    if principal is None:
        raise ApiError(
            HTTPStatus.UNAUTHORIZED,
            "unauthorized",
            "Send an access token in the Authorization header, as Bearer and the token.",
            {"WWW-Authenticate": CHALLENGE},
        )
    return principal


def public_api_route(*, methods: Collection[str] = READ) -> Callable[[ApiView], ApiView]:
    """Make a view a route for programs that needs no access token, or authenticates its caller itself.

    Other `methods` are 405.
    """
    return functools.partial(_route, authorize=_anybody, methods=methods, accepts=None)


def answer(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer in JSON, in ASCII so that no proxy or terminal can misread it."""
    body = json.dumps(content).encode()
    return HttpResponse(
        body,
        content_type="application/json",
        status=status,
        # Otherwise the server would send the answer in chunks.
        headers={"Content-Length": str(len(body)), **(headers or {})},
    )


def rfc3339(moment: datetime) -> str:
    """A moment in UTC, to the second, such as 2026-11-24T20:12:38Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer_error(
    status: int,
    error: str,
    description: str,
    headers: Mapping[str, str] | None = None,
    *,
    more: Mapping[str, object] | None = None,
) -> HttpResponse:
    """The one shape of errors of the machine face: that of RFC 6749 section 5.2, with the members of `more`."""
    content = {"error": error, "error_description": description, **(more or {})}
    return _forbid_storing(answer(content, status=status, headers=headers))


def answer_bad_request(exception: Exception | None = None) -> HttpResponse:
    """400; a request for another host is told the setting that decides. 413 for a body that is too large."""
    if isinstance(exception, RequestDataTooBig):
        return answer_error(*TOO_LARGE)
    if isinstance(exception, DisallowedHost):
        return answer_error(
            400, "invalid_request", f"This installation answers at {settings.PUBLIC_URL} only (PUBLIC_URL)."
        )
    return answer_error(*BAD_REQUEST)


def answer_later(exception: SlotsBusy | TooManyChanges | NoSpace) -> HttpResponse:
    """503 while all slots for argon2 are taken, 429 after too many changes, 507 where a disk has no space."""
    match exception:
        case SlotsBusy():
            text = "Too many keys are being checked right now. Try again in a few seconds."
            status, error = 503, "temporarily_unavailable"
        case TooManyChanges():
            # RFC 6585 section 4.
            status, error, text = 429, "temporarily_unavailable", str(exception)
        case NoSpace():
            status, error, text = 507, "insufficient_storage", str(exception)
    return answer_error(status, error, text, {"Retry-After": str(exception.retry_after)})


def answer_unavailable(exception: BaseException) -> HttpResponse:
    """503 while the database cannot be used; reported."""
    databases.report(exception)
    return answer_error(
        503,
        "temporarily_unavailable",
        "The database cannot be used right now. Try again in a few seconds.",
        {"Retry-After": str(databases.RETRY_AFTER)},
    )


def answer_exception(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to whatever a route for programs raised."""
    if databases.is_unavailable(exception):
        return answer_unavailable(exception)
    return _failure(request, exception)


def _route(
    view: ApiView,
    *,
    authorize: Callable[[HttpRequest], None],
    methods: Collection[str],
    accepts: frozenset[Kind] | None,
) -> ApiView:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            # Under a host name that is not ours nothing is served, here as for pages (threat T-W11).
            request.get_host()
            _require_method(request, methods)
            authorize(request)
            response = view(request, *args, **kwargs)
        except Exception as exception:  # noqa: BLE001 - whatever happens, the answer is JSON
            response = answer_exception(request, exception)
        return _forbid_storing(response)

    guarded.accepts = accepts  # type: ignore[attr-defined] # the kinds of caller, None for everybody
    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    guarded.login_required = False  # type: ignore[attr-defined] # what login_not_required() sets
    return guarded


def _anybody(request: HttpRequest) -> None:
    pass


def _require_method(request: HttpRequest, methods: Collection[str]) -> None:
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise ApiError(405, "invalid_request", f"Use {allowed} here.", {"Allow": allowed})


def _failure(request: HttpRequest, exception: Exception) -> HttpResponse:
    match exception:
        case ApiError():
            return answer_error(
                exception.status,
                exception.error,
                exception.description,
                exception.headers,
                more=exception.more,
            )
        case Http404():
            return answer_error(*NOT_FOUND)
        case PermissionDenied():
            return answer_error(403, "access_denied", str(exception) or "You may not do this.")
        case SlotsBusy() | TooManyChanges() | NoSpace():
            return answer_later(exception)
        case BadRequest() | SuspiciousOperation() | UnreadablePostError():
            return answer_bad_request(exception)
        case _:
            signals.got_request_exception.send(sender=None, request=request)
            response = answer_error(*SERVER_ERROR)
            log_response(
                "%s: %s",
                response.reason_phrase,
                request.path,
                response=response,
                request=request,
                exception=exception,
            )
            return response


def _forbid_storing(response: Response) -> Response:
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        # RFC 6749 section 5.1 asks for both.
        response.headers["Pragma"] = "no-cache"
    return response
