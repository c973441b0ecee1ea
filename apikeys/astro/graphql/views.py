"""`POST /graphql`: what the `astro` command-line client asks about Workspaces and Deployments.

The client prints `errors[0].message` of an answer with status 200 and, of any other, the raw body. So whoever is
known gets 200 and a sentence.
"""

import functools
import json
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_variables
from graphql import GraphQLError, execute_sync

from apikeys.astro.graphql.document import read_query
from apikeys.astro.graphql.resolvers import schema
from apikeys.tokens.bearer import EXPIRED
from cloudui.web.api import ApiError, ApiRequest, ApiView, answer, api_route
from cloudui.web.principal import Kind
from cloudui.web.rest.parser import StrictParser

LOG_IN_AGAIN: Final = "Your token has expired. Log in again with astro login localhost."


def says_that_it_expired(route: ApiView) -> ApiView:
    """Let the client print a sentence when a token has expired, which happens to people every day."""

    @functools.wraps(route)
    def worded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = route(request, *args, **kwargs)
        if isinstance(response, HttpResponse) and _is_about_expiry(response):
            refusal = _refusal(LOG_IN_AGAIN)
            refusal.headers["Cache-Control"] = response.headers["Cache-Control"]
            return refusal
        return response

    return worded


@says_that_it_expired
@api_route(kinds={Kind.API_KEY, Kind.USER}, methods=["POST"], only_reads=True)
@sensitive_variables()
def graphql(request: ApiRequest) -> HttpResponse:
    """Answer one query."""
    text, variables, name = _read(request)
    try:
        document = read_query(text, schema)
    except GraphQLError as error:
        return _refusal(error.message)
    result = execute_sync(
        schema, document, context_value=request.principal, variable_values=variables, operation_name=name
    )
    if result.errors:
        return _refusal(_sentence(result.errors[0]))
    return answer({"data": result.data})


def _is_about_expiry(response: HttpResponse) -> bool:
    return response.status_code == 401 and json.loads(response.content)["error_description"] == EXPIRED


def _read(request: HttpRequest) -> tuple[str, dict[str, Any] | None, str | None]:
    """The query, its variables and the name of the operation; ApiError 400 and 415 for anything else."""
    body: Any = StrictParser().parse_body(request)
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_request", "Send one JSON object.")
    text, variables, name = (body.get(part) for part in ("query", "variables", "operationName"))
    if not isinstance(text, str):
        raise ApiError(400, "invalid_request", "Send the query as text.")
    if not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise ApiError(400, "invalid_request", "Send variables as an object and operationName as text.")
    return text, variables, name


def _sentence(error: GraphQLError) -> str:
    """What went wrong in carrying out a query; raises a failure of ours, for cloudui.web.api to answer."""
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        raise error.original_error
    return error.message


def _refusal(message: str) -> HttpResponse:
    # The client formats what it prints, and would mangle what follows a percent sign.
    return answer({"errors": [{"message": message.replace("%", " percent")}]})
