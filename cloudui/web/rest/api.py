"""django-ninja in our manners: one shape of errors, strict bodies, and each operation an API route."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from ninja import NinjaAPI, Router
from ninja.operation import Operation

from cloudui.web.api import ApiError, api_route
from cloudui.web.principal import Kind
from cloudui.web.rest.errors import translated
from cloudui.web.rest.parser import StrictParser

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def answers_itself(view: View) -> View:
    """Mark an operation that takes nothing but the request and gives a finished response.

    It is documented like all others and called without django-ninja, which would take longer than the answer.
    """
    view.answers_itself = True  # type: ignore[attr-defined]
    return view


class RestApi(NinjaAPI):
    """An interface made of routers, in the order of the documentation. django-ninja's own answers to errors are never sent."""

    def __init__(self, routers: Sequence[Router], **options: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, parser=StrictParser(), **options)
        self.routers = routers
        for router in routers:
            self.add_router("", router)

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


def url_patterns(api: RestApi) -> list[URLPattern]:
    """The URLs of all operations, each once and made an API route with the methods that it has."""
    operations = _operations(api)
    methods: dict[str, list[str]] = {}
    views: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        # django-ninja makes a pattern for each operation, and one for a front page that we do not have.
        if isinstance(pattern, URLPattern) and pattern.name in operations:
            route = str(pattern.pattern)
            methods.setdefault(route, []).extend(operations[pattern.name].methods)
            views.setdefault(route, pattern)
    return [
        path(route, _as_api_route(pattern, operations[str(pattern.name)], methods[route]), name=pattern.name)
        for route, pattern in views.items()
    ]


def _operations(api: RestApi) -> dict[str, Operation]:
    return {
        operation.view_func.__name__: operation
        for router in api.routers
        for view in router.path_operations.values()
        for operation in view.operations
    }


def _as_api_route(pattern: URLPattern, operation: Operation, methods: list[str]) -> Callable[..., Any]:
    allowed = ["GET", "HEAD", *methods] if "GET" in methods else methods
    route = api_route(kinds={Kind.API_KEY, Kind.USER}, methods=list(dict.fromkeys(allowed)))
    if hasattr(operation.view_func, "answers_itself"):
        return route(operation.view_func)
    return route(_called_by_ninja(pattern.callback))


def _called_by_ninja(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
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

    return answered
