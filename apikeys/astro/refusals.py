"""Why the `astro` client is refused something, in the one sentence or two that it prints."""

import json
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from cloudui.web.advice import Advice
from cloudui.web.principal import Kind, Principal

NO_WORKSPACE: Final = "There is no such Workspace, or you have no access to it."
NO_DEPLOYMENT: Final = "There is no such Deployment, or you have no access to it."
NO_DEPLOYMENT_OF_KEY: Final = (
    "There is no such Deployment, or this API key is not for it: an API key opens its own Deployment only. "
    "Use an API key of that Deployment, or sign in with astro login."
)
AS_A_PERSON: Final = "Use the console, or sign in with astro login and leave the key out of the environment."


def require_person(principal: Principal, *, to: str) -> None:
    """Tell an API key what to do instead, where its rights end; access functions would refuse it all the same.

    Args:
        principal: who asks.
        to: what was attempted, to end the sentence "An API key cannot ...".

    Raises:
        PermissionDenied: for an API key.
    """
    if principal.kind is Kind.API_KEY:
        raise PermissionDenied(Advice(f"An API key cannot {to}.", AS_A_PERSON))


def say_to_client(response: HttpResponse, message: str) -> None:
    """Give a refusal the shape of which the client prints the `message`, and nothing else.

    The client wants a request's name in the body and shows it to nobody. It is in X-Request-Id: what is refused is
    refused to everybody in the same bytes.
    """
    content = {"message": message, "requestId": "", "statusCode": response.status_code}
    response.content = json.dumps(content).encode()
    response.headers["Content-Length"] = str(len(response.content))


def no_deployment(principal: Principal) -> str:
    """What to say about a Deployment that the caller does not see."""
    return NO_DEPLOYMENT_OF_KEY if principal.kind is Kind.API_KEY else NO_DEPLOYMENT
