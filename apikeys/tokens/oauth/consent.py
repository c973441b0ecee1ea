"""`/authorize`: the page on which a person lets `astro login` act as them, and what ends that again."""

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from apikeys.access import grant_to_end
from apikeys.tokens import grants
from apikeys.tokens.oauth import authorization
from apikeys.tokens.oauth.authorization import AuthorizationRequest
from cloudui.web import user_agents
from cloudui.web.htmx import HtmxHttpRequest, form_status, posted
from workspaces.models import User
from workspaces.principals import origin_of

ALLOW = "allow"
CANCEL = "cancel"


class ConsentForm(forms.Form):
    """One of two buttons."""

    decision = forms.ChoiceField(choices=[(ALLOW, "Allow"), (CANCEL, "Cancel")])


# Browsers ask the policy of the page with the form about each address to which its answer leads.
@csp_update({"form-action": [authorization.CALLBACK_ORIGIN]})  # type: ignore[arg-type] # after django-htmx
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables()
def authorize(request: HtmxHttpRequest) -> HttpResponse:
    """Ask the person, each time anew, and send the browser back to the client with the answer."""
    try:
        asked = authorization.read_request(request)
    except authorization.UnknownClient:
        return TemplateResponse(request, "apikeys/tokens/unknown_client.html", status=400)
    except authorization.RequestRefused as refusal:
        return _see_other(refusal.url)
    form = ConsentForm(posted(request))
    if not form.is_valid():
        return _consent_page(request, form)
    if form.cleaned_data["decision"] == CANCEL:
        answer = {"error": "access_denied", "error_description": "Sign-in was cancelled in the browser."}
    else:
        answer = {"code": _code(request, asked)}
    return _see_other(authorization.callback_url(state=asked.state, **answer))


@require_POST
def end(request: HtmxHttpRequest, grant: str) -> HttpResponse:
    """End a sign-in of the command-line client."""
    grants.end(request.principal, grant_to_end(request.principal, grant))
    messages.success(request, "The sign-in of the astro CLI was ended.")
    return redirect("workspaces:account")


def _consent_page(request: HtmxHttpRequest, form: ConsentForm) -> HttpResponse:
    origin = origin_of(request)
    context = {
        "form": form,
        "origin": origin,
        "browser": user_agents.in_words(origin.user_agent),
        "callback": authorization.CALLBACK_ORIGIN,
        "days": settings.CLI_LOGIN_DAYS,
        "url": request.get_full_path(),
    }
    return TemplateResponse(request, "apikeys/tokens/consent.html", context, status=form_status(form))


@sensitive_variables()
def _code(request: HtmxHttpRequest, asked: AuthorizationRequest) -> str:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - LoginRequiredMiddleware lets nobody else in
    return grants.allow(user, challenge=asked.challenge, origin=origin_of(request)).reveal()


@sensitive_variables()
def _see_other(url: str) -> HttpResponse:
    """A redirect that never repeats the form (RFC 9700 section 4.12)."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
