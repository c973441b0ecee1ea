"""The interface that the `astro` client of today calls: django-ninja in the client's manners.

Success is 200 and JSON. A failure is `{"message", "requestId", "statusCode"}`, and the client prints the message and
nothing else, so it says all that is wrong, and of what is missing, what it is.
"""

import functools
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from ninja import Router

from apikeys.astro.changes import ChangeRefused
from apikeys.astro.refusals import NO_WORKSPACE, no_deployment, say_to_client
from cloudui.web.api import NOT_FOUND, ApiError
from cloudui.web.rest.api import RestApi, url_patterns

NO_CLUSTER: Final = "There is no such Cluster, or you have no access to it."
NO_PERSON: Final = "There is no such person, or you have no access to them."
NO_DEPLOY: Final = "There is no such deploy of this Deployment."
LOG_IN: Final = "Run astro login, or set ASTRO_API_TOKEN to a new one."


class AstroApi(RestApi):
    """Names in camel case, and nothing where there is nothing to say: the client takes null for it where it can."""

    def __init__(self, routers: Sequence[Router], **options: Any) -> None:
        super().__init__(routers, **options)
        for router in self.routers:
            for view in router.path_operations.values():
                for operation in view.operations:
                    operation.by_alias = operation.exclude_none = True

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        if isinstance(exc, ChangeRefused):
            raise ApiError(exc.status, "invalid_request", str(exc))
        return super().on_exception(request, exc)


def client_patterns(api: AstroApi) -> list[URLPattern]:
    """The URLs of all operations, relative to a base, with refusals that the client prints."""
    return [
        path(str(pattern.pattern), worded(pattern.callback), name=pattern.name)
        for pattern in url_patterns(api)
    ]


def worded(route: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a route for programs say its failures in the shape that the client prints."""

    @functools.wraps(route)
    def answered(request: HttpRequest, *args: Any, base: str = "", **kwargs: Any) -> HttpResponseBase:
        response = route(request, *args, **kwargs)
        if isinstance(response, HttpResponse) and response.status_code >= 400:
            _reword(request, response, kwargs)
        return response

    return answered


def _reword(request: HttpRequest, response: HttpResponse, place: dict[str, Any]) -> None:
    refusal = json.loads(response.content)
    message = refusal["error_description"]
    if message == NOT_FOUND[2]:
        message = _missing(request, place) or message
    elif "fields" in refusal:
        message = " ".join(f"{fault['field']}: {fault['message']}" for fault in refusal["fields"])
    elif response.status_code == HTTPStatus.UNAUTHORIZED:
        message = f"{message} {LOG_IN}"
    say_to_client(response, message)


def _missing(request: HttpRequest, place: dict[str, Any]) -> str:
    """What to say of what is not there, or not for the caller: the last part of the place that is named."""
    words = {
        "deploy": NO_DEPLOY,
        "deployment": no_deployment(request.principal),  # type: ignore[attr-defined] # the route let the caller in
        "workspace": NO_WORKSPACE,
        "cluster": NO_CLUSTER,
        "user": NO_PERSON,
    }
    return next((words[name] for name in words if name in place), "")
