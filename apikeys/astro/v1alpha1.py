"""The REST calls of the `astro` command-line client under `/v1alpha1`, as far as signing in and starting need them.

The client prints the `message` of a failure and nothing else, so errors have the shape that it reads.
"""

import functools
import json
from collections.abc import Callable, Collection
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apikeys.credential_state import PersonState
from apikeys.tokens.bearer import Access
from cloudui.web.api import READ, ApiError, ApiView, answer, api_route
from cloudui.web.principal import Kind

BOTH: Final = (Kind.API_KEY, Kind.USER)
ANY_METHOD: Final = (*READ, "POST", "PUT", "PATCH", "DELETE")
NOT_SERVED: Final = "Cloud UI does not serve this command of the astro CLI yet."


def core_route(*, kinds: Collection[Kind], methods: Collection[str] = READ) -> Callable[[ApiView], ApiView]:
    """Make a view a route for programs whose failures the client can print."""

    def make(view: ApiView) -> ApiView:
        route = api_route(kinds=kinds, methods=methods)(view)

        @functools.wraps(route)
        def worded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = route(request, *args, **kwargs)
            if isinstance(response, HttpResponse) and response.status_code >= 400:
                _reword(response)
            return response

        return worded

    return make


@core_route(kinds=BOTH)
def organizations(request: HttpRequest) -> HttpResponse:
    """The one Organization. `HYBRID` is the product whose Deployments run on Clusters that have names."""
    return answer(
        [
            {
                "id": settings.ORGANIZATION_ID,
                "name": settings.ORGANIZATION_NAME,
                "shortName": settings.ORGANIZATION_SHORT_NAME,
                "product": "HYBRID",
            }
        ]
    )


@core_route(kinds={Kind.USER})
def users_self(request: HttpRequest) -> HttpResponse:
    """The person of a token."""
    access: Access = request.access  # type: ignore[attr-defined] # set by apikeys.tokens.bearer
    person = access.state
    assert isinstance(person, PersonState)  # noqa: S101 - the route lets nobody else in
    return answer(
        {
            "id": person.user_id,
            "username": person.email,
            "fullName": person.full_name or person.email,
            "status": "ACTIVE",
            "avatarUrl": "",
        }
    )


@core_route(kinds=BOTH, methods=ANY_METHOD)
def not_served(request: HttpRequest, url: str) -> HttpResponse:
    """Everything else that the client may ask for: it prints why it goes no further."""
    raise ApiError(404, "not_found", NOT_SERVED)


def _reword(response: HttpResponse) -> None:
    refusal = json.loads(response.content)
    # The client wants a request's name in the body and shows it to nobody. It is in X-Request-Id: what is refused
    # is refused to everybody in the same bytes.
    response.content = json.dumps(
        {
            "message": refusal["error_description"],
            "requestId": "",
            "statusCode": response.status_code,
        }
    ).encode()
    response.headers["Content-Length"] = str(len(response.content))
