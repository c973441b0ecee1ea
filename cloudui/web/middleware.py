"""What happens to every request before a view sees it and to every response after."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequiredMiddleware
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from cloudui.web import bodies, client, databases, disk, errors, logs, request_log, scrape
from cloudui.web.changes import READING, TooManyChanges, count_change
from cloudui.web.disk import NoSpace
from cloudui.web.htmx import page_below, wants_fragment
from cloudui.web.machine_face import is_machine
from cloudui.web.principal import Kind, Principal
from cloudui.web.request_log import Answered
from cloudui.web.slots import SlotsBusy

# How long /readyz waits for the database.
READY_SECONDS: Final = 0.7

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestMiddleware:
    """Names each request in `request.request_id` and `X-Request-Id`, and has one line written about it.

    The name is to match a report, log lines and an audit event.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = client.request_id(request.META)
        request.request_id = request_id  # type: ignore[attr-defined]
        context = logs.Context(request_id, request)
        token = logs.context.set(context)
        try:
            response = self.get_response(request)
        finally:
            logs.context.reset(token)
        response.headers["X-Request-Id"] = request_id
        request_log.record(
            Answered(
                time.time(),
                time.perf_counter() - began,
                request_id,
                context.caller_kind,
                context.caller_id,
                logs.route_of(request),
                request_log.method_of(request.method),
                response.status_code,
            )
        )
        return response


class TransportMiddleware:
    """Answers health checks and Prometheus, refuses plain HTTP where HTTPS is promised, and knows one name for this host."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Load balancers and Prometheus ask by IP address, without our host name and without TLS.
        if request.path_info in {"/healthz", "/readyz"}:
            return _health(request)
        if request.path_info == "/metrics":
            return scrape.show(request)
        if "HTTP_X_FORWARDED_PROTO" in request.META and not client.is_trusted_proxy(request):
            del request.META["HTTP_X_FORWARDED_PROTO"]
        if settings.PUBLIC.is_https and not request.is_secure():
            return errors.insecure_transport(request)
        if (
            settings.PUBLIC.host == "localhost"
            and request.method == "GET"
            # Programs are never redirected: they would leave their Authorization header behind.
            and not is_machine(request)
        ):
            host, _, port = request.META.get("HTTP_HOST", "").rpartition(":")
            # Digits only: "8871@elsewhere" would make the URL that of another host.
            if host == "127.0.0.1" and port.isdecimal():
                # Cookies belong to one host name; two names would be two sign-ins.
                return HttpResponsePermanentRedirect(f"http://localhost:{port}{request.get_full_path()}")
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: object, view_kwargs: object
    ) -> None:
        """Refuse a page under a host name that is not ours (T-W11); here, the refusal still gets its headers."""
        request.get_host()


class ErrorPagesMiddleware:
    """Answers with `Retry-After`: 429 after too many changes, 503 and 507 while slots, a database or a disk cannot be had."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case SlotsBusy():
                return errors.busy(request, exception)
            case TooManyChanges():
                return errors.too_many_changes(request, exception)
            case NoSpace():
                return errors.no_space(request, exception)
            case _:
                return errors.unavailable(request, exception) if databases.is_unavailable(exception) else None


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages, except those whose view set `response.shows_secret`.

    Django pads each compressed page with random bytes and masks the CSRF token, which answers BREACH for
    the rest; a secret beside text of the caller's choosing should not rely on that.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if getattr(response, "shows_secret", False):
            return response
        return super().process_response(request, response)


class BrowserHeadersMiddleware:
    """Headers that keep pages out of caches, frames and other origins (threats T-R3 and T-R10), unless the view set them."""

    HEADERS = {
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in self.HEADERS.items():
            response.headers.setdefault(name, value)
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response


class LoginRequiredMiddleware(DjangoLoginRequiredMiddleware):
    """Every page needs a signed-in person unless its view says otherwise."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Decide, and tell the log who it is."""
        response: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        # Asked for already, unless the view is for everybody.
        if getattr(view_func, "login_required", True) and request.user.is_authenticated:
            logs.set_caller(Kind.USER, str(request.user.pk))
        return response

    def handle_no_permission(  # type: ignore[override] # htmx is redirected by a header, not by the status
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """Send a browser to the sign-in page, and htmx too, which would swap that page into a dialog (T-W10).

        An htmx request returns to the page it came from, not to the URL of the fragment.
        """
        if not wants_fragment(request):
            return super().handle_no_permission(request, view_func)
        page = page_below(request) or "/"
        return HttpResponseClientRedirect(errors.sign_in_url(page))


class ChangeLimitMiddleware:
    """Limits how many forms a person may send in a minute (cloudui.web.changes).

    Pages that need no sign-in have limits of their own, and signing out is always possible.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: object, view_kwargs: object
    ) -> HttpResponse | None:
        if request.method in READING or not getattr(view_func, "login_required", True):
            return None
        caller: Principal | None = request.principal  # type: ignore[attr-defined] # workspaces.middleware sets it
        if caller:
            try:
                count_change(request, caller)
            except TooManyChanges as refusal:
                return errors.too_many_changes(request, refusal)
        return None


def _health(request: HttpRequest) -> HttpResponse:
    if request.path_info == "/healthz":
        return HttpResponse("ok\n", content_type="text/plain")
    if not client.is_this_machine(request):
        return errors.not_found(request)
    if not databases.answers(READY_SECONDS):
        return HttpResponse("database unavailable\n", content_type="text/plain", status=503)
    if failures := list(_write_failures(_needed_places())):
        # Nothing can be locked, nor written with SQLite: neither a sign-in nor an exchange is possible.
        return HttpResponse("".join(failures), content_type="text/plain", status=503)
    # Whatever there is to see and to do goes on with what is noted here, so it is no reason to take the server out.
    return HttpResponse("".join(["ready\n", *_notes()]), content_type="text/plain")


def _needed_places() -> set[Path]:
    places = {settings.DATA_DIR}
    if connection.vendor == "sqlite":
        places.add(Path(connection.settings_dict["NAME"]).absolute().parent)
    return places


def _write_failures(places: Iterable[Path]) -> Iterator[str]:
    for place in sorted(places):
        if failure := disk.write_failure(place):
            yield f"not writable: {place} ({failure})\n"


def _notes() -> Iterator[str]:
    if getattr(caches["default"], "is_degraded", False):
        yield "cache unavailable: each process counts limits for itself\n"
    places = {settings.DATA_DIR, settings.DAGS_ROOT}
    try:
        places.add(bodies.place())
    except NoSpace:
        yield "disk almost full: nowhere for temporary files\n"
    for place in sorted(places):
        if disk.is_full(place):
            yield f"disk almost full: {place}\n"
    # Deploys are refused there. The first one makes the folder.
    yield from _write_failures(place for place in places - _needed_places() if place.exists())
