"""Which requests are for programs, and the shortest way for them (cloudui.web.api makes their routes)."""

import functools
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from cloudui.web import api

# Whatever lies below is for programs; an unknown URL there is answered in JSON too.
MACHINE_PATHS: Final = (
    "/oauth",
    "/v1",
    "/.well-known",
    "/auth-config",
    "/userinfo",
    "/graphql",
    "/hub",
    "/private",
    "/platform",
    "/iam",
    "/uploads/",
)


class MachineFaceMiddleware:
    """Hands requests for machine routes to their views by the shortest way.

    Sessions, CSRF tokens, messages, compression and content policy are for pages. Without them the token endpoint
    refuses more than twice as many requests in a second.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_machine(request):
            return self.get_response(request)
        try:
            match = _route_at(request.path_info, settings.ROOT_URLCONF)
        except Resolver404:
            return api.answer_error(*api.NOT_FOUND)
        if not hasattr(match.func, "accepts"):
            # Pages, and what belongs to them, are at PUBLIC_URL only.
            return api.answer_error(*api.NOT_FOUND) if is_api_host(request) else self.get_response(request)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response


# Finding a route costs an eighth of a call with a token, and a pipeline calls the same few URLs.
@functools.lru_cache(maxsize=256)
def _route_at(path: str, urlconf: str) -> ResolverMatch:
    return resolve(path, urlconf)


def is_machine(request: HttpRequest) -> bool:
    """Whether the URL belongs to the machine face, so that even its errors are JSON."""
    return request.path_info.startswith(MACHINE_PATHS) or is_api_host(request)


def is_api_host(request: HttpRequest) -> bool:
    """Whether the request came by the name that is for programs only (`ASTRO_DOMAIN`)."""
    if not settings.API_HOST:
        return False
    host: str = request.META.get("HTTP_HOST", "")
    return host.partition(":")[0].lower().removesuffix(".") == settings.API_HOST
