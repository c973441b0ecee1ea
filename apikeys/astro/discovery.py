"""How the `astro` command-line client finds this installation, and learns whose token it holds."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apikeys.credential_state import PersonState
from apikeys.tokens.access_tokens import CLI_CLIENT
from apikeys.tokens.bearer import Access
from apikeys.tokens.exchange import CLI_AUDIENCE
from cloudui.web.api import answer, api_route, public_api_route
from cloudui.web.principal import Kind


@public_api_route()
def auth_config(request: HttpRequest) -> HttpResponse:
    """Where tokens come from; the client appends `oauth/token` to the URL as it is."""
    return answer({"clientId": CLI_CLIENT, "audience": CLI_AUDIENCE, "domainUrl": f"{settings.PUBLIC_URL}/"})


@api_route(kinds={Kind.USER})
def userinfo(request: HttpRequest) -> HttpResponse:
    """The person of a token, in the claims of OpenID Connect Core section 5.1."""
    access: Access = request.access  # type: ignore[attr-defined] # set by apikeys.tokens.bearer
    person = access.state
    assert isinstance(person, PersonState)  # noqa: S101 - the route lets nobody else in
    return answer({"sub": person.user_id, "email": person.email, "name": person.full_name or person.email})
