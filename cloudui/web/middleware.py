"""What happens to every request before a view sees it and to every response after."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequiredMiddleware
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from cloudui.web import api, client, errors, logs, request_log, scrape
from cloudui.web.htmx import page_below, wants_fragment
from cloudui.web.principal import Kind
from cloudui.web.request_log import Answered
from cloudui.web.slots import SlotsBusy

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
            and not api.is_machine(request)
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
    """Answers 503 with `Retry-After` when all slots for argon2 are taken and too many wait for one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return errors.busy(request, exception) if isinstance(exception, SlotsBusy) else None


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


def _health(request: HttpRequest) -> HttpResponse:
    if request.path_info == "/healthz":
        return HttpResponse("ok\n", content_type="text/plain")
    if request.META.get("REMOTE_ADDR", "") not in {"", "127.0.0.1", "::1"}:
        return errors.not_found(request)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("database unavailable\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
