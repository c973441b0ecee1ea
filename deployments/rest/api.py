"""The REST interface put together: the subjects' routers, one answer for errors, each address an API route."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.operation import Operation

from cloudui.web.api import ApiError, api_route
from cloudui.web.principal import Kind
from deployments.rest import alerts, deployments, deploys, queues, variables
from deployments.rest.errors import translated
from deployments.rest.parser import StrictParser

ROUTERS: Final = (
    deployments.router,
    variables.router,
    queues.router,
    alerts.router,
    deploys.router,
)
DESCRIPTION: Final = (
    "What the console does with a Deployment, for programs. Send an access token with each call: that of an "
    "API key, from /oauth/token, opens its own Deployment; that of a person, from /token, what the person may."
)


class RestApi(NinjaAPI):
    """django-ninja in our manners: its own answers to errors are never given."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Leave the answer to cloudui.web.api, which knows one shape."""
        raise translated(exc)

    def get_content_type(self) -> str:
        """JSON is UTF-8 by definition (RFC 8259 section 8.1) and has no charset."""
        return "application/json"

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the function, which is unique among them all."""
        name: str = operation.view_func.__name__
        return name

    def create_response(
        self,
        request: HttpRequest,
        data: Any,
        *,
        status: int | None = None,
        temporal_response: HttpResponse | None = None,
    ) -> HttpResponse:
        """The answer with its length, without which a server would send it in chunks."""
        response = super().create_response(request, data, status=status, temporal_response=temporal_response)
        response.headers["Content-Length"] = str(len(response.content))
        return response


api = RestApi(
    title="Cloud UI",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    parser=StrictParser(),
)
for router in ROUTERS:
    api.add_router("", router)


def url_patterns() -> list[URLPattern]:
    """The addresses of all operations, each once and made an API route with the methods that it has."""
    methods = _methods()
    found: dict[str, list[str]] = {}
    views: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        # django-ninja makes a pattern for each operation, and one for a front page that we do not have.
        if isinstance(pattern, URLPattern) and pattern.name in methods:
            route = str(pattern.pattern)
            found.setdefault(route, []).extend(methods[pattern.name])
            views.setdefault(route, pattern)
    return [
        path(route, _as_api_route(pattern.callback, found[route]), name=pattern.name)
        for route, pattern in views.items()
    ]


def _methods() -> dict[str, list[str]]:
    """The HTTP methods of each operation by its name."""
    return {
        operation.view_func.__name__: operation.methods
        for router in ROUTERS
        for view in router.path_operations.values()
        for operation in view.operations
    }


def _as_api_route(view: Callable[..., HttpResponseBase], methods: list[str]) -> Callable[..., Any]:
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            # WSGI has no way to read to the end of it, so that it would count as empty.
            raise ApiError(HTTPStatus.LENGTH_REQUIRED, "invalid_request", "Send a Content-Length.")
        if request.method != "HEAD":
            return view(request, *args, **kwargs)
        # django-ninja does not know the method. The server leaves the body out.
        request.method = "GET"
        try:
            return view(request, *args, **kwargs)
        finally:
            request.method = "HEAD"

    allowed = ["GET", "HEAD", *methods] if "GET" in methods else methods
    return api_route(kinds={Kind.API_KEY, Kind.USER}, methods=list(dict.fromkeys(allowed)))(answered)
