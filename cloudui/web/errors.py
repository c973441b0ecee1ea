"""One handled answer for each way a request can fail, as a page, as a fragment for htmx or as JSON.

A 404 is the same bytes for everybody and everything: with nothing of the person or the request in it, it
cannot tell "elsewhere" from "never existed" (threat T-W7).
"""

import sys
from functools import cache
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string

from cloudui.web import api, databases, redirects
from cloudui.web.changes import TooManyChanges
from cloudui.web.disk import NoSpace
from cloudui.web.machine_face import is_machine
from cloudui.web.slots import SlotsBusy

UNAVAILABLE = "The database cannot be used right now. Try again in a few seconds."
BAD_REQUEST = "The request could not be understood. Go back, reload the page and try again."


def sign_in_url(page: str) -> str:
    """The URL of the sign-in page that leads to `page` (a path) afterwards."""
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page})}"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: a request for another host names the setting to change; everything else stays general."""
    if is_machine(request):
        return api.answer_bad_request(exception)
    if isinstance(exception, DisallowedHost):
        reason = (
            f"This installation answers at {settings.PUBLIC_URL} only. "
            "To use another address, set the variable PUBLIC_URL to it and start again."
        )
        return HttpResponse(render_to_string("400.html", {"reason": reason}), status=HTTPStatus.BAD_REQUEST)
    return _explain(request, BAD_REQUEST, page="400.html", status=HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 with the reason that the access policy gave."""
    reason = str(exception or "") or "You do not have permission to do this."
    if is_machine(request):
        return api.answer_error(HTTPStatus.FORBIDDEN, "access_denied", reason)
    return _explain(request, reason, page="403.html", status=HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token, which mostly means a page that stood open too long."""
    text = "This page was open too long, or cookies are blocked. Reload it, or sign in again."
    page = _page_of_form(request)
    status = HTTPStatus.FORBIDDEN
    return _explain(
        request, text, page="403_csrf.html", status=status, form_url=page, sign_in_url=sign_in_url(page)
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, always the same bytes for a page, for a fragment and for a program."""
    if is_machine(request):
        return api.answer_error(*api.NOT_FOUND)
    template = "404_fragment.html" if _is_fragment(request) else "404.html"
    return HttpResponse(_constant(template), status=HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without a trace of what happened; the log has it under the response's request id."""
    # What a middleware raised passes no other place of ours.
    exception = sys.exc_info()[1]
    if databases.is_unavailable(exception):
        return unavailable(request, cast("BaseException", exception))
    if is_machine(request):
        return api.answer_error(*api.SERVER_ERROR)
    if _is_fragment(request):
        return HttpResponse("Something went wrong on our side. Try again.", status=500)
    return HttpResponse(_constant("500.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def busy(request: HttpRequest, exception: SlotsBusy) -> HttpResponse:
    """503 while all slots for password hashing are taken, with the seconds to wait."""
    if is_machine(request):
        return api.answer_later(exception)
    text = "Too many sign-ins and key checks are running right now. Try again in a few seconds."
    response = _explain(request, text, page="503.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(exception.retry_after)
    return response


def too_many_changes(request: HttpRequest, exception: TooManyChanges) -> HttpResponse:
    """429 for somebody who makes changes faster than a person does, with the seconds to wait."""
    response = _explain(request, str(exception), page="429_changes.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(exception.retry_after)
    return response


def no_space(request: HttpRequest, exception: NoSpace) -> HttpResponse:
    """507 where a disk has no space for what was sent, with the seconds after which it may have."""
    if is_machine(request):
        return api.answer_later(exception)
    status = HTTPStatus.INSUFFICIENT_STORAGE
    response = _explain(request, str(exception), page="507.html", status=status)
    response["Retry-After"] = str(exception.retry_after)
    return response


def unavailable(request: HttpRequest, exception: BaseException) -> HttpResponse:
    """503 while the database cannot be used; nothing here asks it."""
    if is_machine(request):
        response = api.answer_unavailable(exception)
    else:
        databases.report(exception)
        if _is_fragment(request):
            response = HttpResponse(UNAVAILABLE, content_type="text/plain; charset=utf-8")
        else:
            response = HttpResponse(_constant("503_database.html"))
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response["Retry-After"] = str(databases.RETRY_AFTER)
    # It has just been reported, and Django would add a traceback for each request.
    response._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001 - how Django marks it
    return response


def insecure_transport(request: HttpRequest) -> HttpResponse:
    """403 for plain HTTP where `PUBLIC_URL` promises HTTPS."""
    if is_machine(request):
        reason = f"This installation speaks HTTPS only. Use {settings.PUBLIC_URL}"
        return api.answer_error(HTTPStatus.FORBIDDEN, "access_denied", reason)
    text = f"This installation speaks HTTPS only. Use {settings.PUBLIC_URL}\n"
    return HttpResponse(text, content_type="text/plain", status=HTTPStatus.FORBIDDEN)


def _page_of_form(request: HttpRequest) -> str:
    """The path of the page on which a form stood, as the browser tells; the start page if it does not."""
    start, url = f"{settings.PUBLIC_URL}/", request.headers.get("Referer", "")
    path = f"/{url.removeprefix(start)}" if url.startswith(start) else None
    return redirects.path_or(path, otherwise=resolve_url(settings.LOGIN_REDIRECT_URL))


def _explain(
    request: HttpRequest, reason: str, *, page: str, status: HTTPStatus, **context: str
) -> HttpResponse:
    if _is_fragment(request):
        # A toast shows it; what was typed stays where it is.
        return HttpResponse(reason, content_type="text/plain; charset=utf-8", status=status)
    return render(request, page, {"reason": reason, **context}, status=status)


def _is_fragment(request: HttpRequest) -> bool:
    # The error may have happened before django-htmx looked at the request.
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


@cache
def _constant(template: str) -> bytes:
    return render_to_string(template).encode()
