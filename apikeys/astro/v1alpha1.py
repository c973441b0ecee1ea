"""The REST calls of the `astro` command-line client under `/v1alpha1`: what they share, and those of its start.

The client prints the `message` of a failure and nothing else, so errors have the shape that it reads. It takes no
status but 200 for success.
"""

import functools
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apikeys.astro.refusals import NO_WORKSPACE, say_to_client
from apikeys.credential_state import PersonState
from apikeys.tokens.bearer import Access
from cloudui.web.api import READ, ApiError, ApiView, answer, api_route
from cloudui.web.principal import Kind
from cloudui.web.rest.parser import StrictParser

BOTH: Final = (Kind.API_KEY, Kind.USER)
ANY_METHOD: Final = (*READ, "POST", "PUT", "PATCH", "DELETE")
OTHER_ORGANIZATION: Final = "There is another Organization here by now. Run astro login again."
NOT_SERVED: Final = "Cloud UI does not serve this command of the astro CLI yet."


def _with_sentences(view: ApiView) -> ApiView:
    """Say what is missing or wrong in the words of somebody who typed a command."""

    @functools.wraps(view)
    def worded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            raise ApiError(404, "not_found", NO_WORKSPACE) from None
        except ValidationError as error:
            raise ApiError(400, "invalid_request", " ".join(error.messages)) from error

    return worded


def core_route(*, kinds: Collection[Kind], methods: Collection[str] = READ) -> Callable[[ApiView], ApiView]:
    """Make a view a route for programs whose failures the client can print."""

    def make(view: ApiView) -> ApiView:
        route = api_route(kinds=kinds, methods=methods)(_with_sentences(view))

        @functools.wraps(route)
        def worded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = route(request, *args, **kwargs)
            if isinstance(response, HttpResponse) and response.status_code >= 400:
                say_to_client(response, json.loads(response.content)["error_description"])
            return response

        return worded

    return make


def require_organization(name: str) -> None:
    """Refuse another Organization. Version 1.15.1 names it by its short name, later ones by its identifier."""
    if name not in {settings.ORGANIZATION_SHORT_NAME, settings.ORGANIZATION_ID}:
        raise ApiError(404, "not_found", OTHER_ORGANIZATION)


def read_body(request: HttpRequest, types: Mapping[str, type]) -> dict[str, Any]:
    """The members of a JSON object that are named in `types`; what is null counts as missing.

    Raises:
        ApiError: 400 and 415 for anything else.
    """
    body: Any = StrictParser().parse_body(request)
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_request", "Send one JSON object.")
    given = {name: body[name] for name in types if body.get(name) is not None}
    for name, value in given.items():
        if type(value) is not types[name]:
            raise ApiError(400, "invalid_request", f"Send {name} as {_TYPES[types[name]]}.")
    return given


def form_errors(form: forms.Form) -> ApiError:
    """What is wrong with what was typed, as one text."""
    return ApiError(400, "invalid_request", " ".join(_told(form, field) for field in form.errors))


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


_TYPES: Final = {str: "text", bool: "true or false"}


def _told(form: forms.Form, field: str) -> str:
    label = form.fields[field].label or field.capitalize()
    return f"{label}: {' '.join(str(message) for message in form.errors[field])}"
