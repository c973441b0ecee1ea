"""`POST /graphql`: what the `astro` command-line client asks and changes of Workspaces and Deployments.

The client prints `errors[0].message` of an answer with status 200 and, of any other, the raw body. So whoever is
known gets 200 and a sentence.
"""

import functools
import json
import re
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_variables
from graphql import GraphQLError, OperationType, execute_sync, get_operation_ast

from apikeys.astro.changes import ChangeRefused
from apikeys.astro.graphql.document import read_document
from apikeys.astro.graphql.executable import schema
from apikeys.astro.refusals import no_deployment
from apikeys.tokens.bearer import EXPIRED
from cloudui.web.api import ApiError, ApiRequest, ApiView, answer, api_route
from cloudui.web.changes import TooManyChanges, count_change
from cloudui.web.principal import Kind, Principal
from cloudui.web.rest.parser import StrictParser

# What GraphQL says of a value that has the wrong type ends with the value, which may be a secret.
_VALUE: Final = re.compile(r"(?:(?<=cannot represent)([^:]*): .*|[,?] [fF]ound: .*)", re.DOTALL)
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
    """Answer one query, or carry out one mutation."""
    text, variables, name = _read(request)
    try:
        document = read_document(text, schema)
    except GraphQLError as error:
        return _refusal(_without_value(error.message))
    operation = get_operation_ast(document, name)
    if operation is not None and operation.operation is OperationType.MUTATION:
        try:
            count_change(request, request.principal)
        except TooManyChanges as error:
            return _refusal(str(error), status=429, headers={"Retry-After": str(error.retry_after)})
    result = execute_sync(
        schema,
        document,
        root_value=request,
        context_value=request.principal,
        variable_values=variables,
        operation_name=name,
    )
    if result.errors:
        return _refusal(_sentence(result.errors[0], request.principal))
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


def _sentence(error: GraphQLError, principal: Principal) -> str:
    """Why something was not carried out; raises a failure of ours, for cloudui.web.api to answer."""
    match error.original_error:
        case None | GraphQLError():
            return _without_value(error.message)
        case ChangeRefused() | PermissionDenied():
            return str(error.original_error)
        case Http404():
            # Deleted while it was changed, or the right to it went.
            return no_deployment(principal)
        case _:
            raise error.original_error


def _without_value(message: str) -> str:
    return _VALUE.sub(r"\1.", message)


def _refusal(message: str, **more: Any) -> HttpResponse:
    # The client formats what it prints, and would mangle what follows a percent sign.
    return answer({"errors": [{"message": message.replace("%", " percent")}]}, **more)
