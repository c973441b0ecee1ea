"""How views answer htmx and plain browsers alike: the verbs that all of them share."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from django_htmx.middleware import HtmxDetails

from cloudui.web.principal import Principal


class HtmxHttpRequest(HttpRequest):
    """A page's request, after django-htmx and the sign-in."""

    htmx: HtmxDetails
    principal: Principal


def page_or_fragment(
    request: HtmxHttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    fragment: str,
    status: int = 200,
) -> TemplateResponse:
    """Answer with the whole page, or with one named part of it if htmx asks; varies by `HX-Request`, not yet rendered.

    `fragment` is the partial's name, which is the id of the element it lands in.
    """
    name = f"{template}#{fragment}" if wants_fragment(request) else template
    response = TemplateResponse(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part; a page restored from history is asked for whole."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined] # django-htmx sets it
    return bool(htmx) and not htmx.history_restore_request


def page_below(request: HttpRequest) -> str:
    """The path of the page on which htmx made this request; empty if that is not known."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined] # django-htmx sets it
    try:
        return htmx.current_url_abs_path or ""
    except ValueError:
        # What the header holds is no URL.
        return ""


def done(
    request: HtmxHttpRequest, *, message: str, to: str, events: Mapping[str, Any] | None = None
) -> HttpResponse:
    """End an action: say what happened, close the dialog and tell the lists, or go back to the page.

    A plain browser returns to the URL `to`; `events` for htmx come besides `dialog:close`, each with its detail.
    """
    if not wants_fragment(request):
        messages.success(request, message)
        return HttpResponseRedirect(to)
    response: HttpResponse = TemplateResponse(request, "components/toasts_oob.html", {"message": message})
    patch_vary_headers(response, ["HX-Request"])
    for name, detail in {"dialog:close": {}, **(events or {})}.items():
        response = trigger_client_event(response, name, detail)
    return response


def leave(request: HtmxHttpRequest, *, message: str, to: str) -> HttpResponse:
    """End an action after which the page below the dialog is outdated: go to the page at `to`, with the message."""
    messages.success(request, message)
    return HttpResponseClientRedirect(to) if wants_fragment(request) else HttpResponseRedirect(to)


def posted(request: HttpRequest) -> QueryDict | None:
    """The form's data if this is a POST, even an empty one, otherwise nothing."""
    return request.POST if request.method == "POST" else None


def form_status(form: BaseForm) -> int:
    """422 for a form that was sent with errors, otherwise 200."""
    return 422 if form.is_bound and form.errors else 200
