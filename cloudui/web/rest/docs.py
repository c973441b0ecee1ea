"""The OpenAPI document for programs, and the same as a page for people; both open to everybody, with nothing secret."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from cloudui.web.api import answer, public_api_route
from cloudui.web.rest.guide import guide
from cloudui.web.rest.openapi import document


@public_api_route()
def openapi(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """The document that describes this interface (OpenAPI 3.1)."""
    return answer(document(api))


@login_not_required
@require_safe
def docs(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """All operations with their parameters, bodies, answers and a line for the shell. No script is needed."""
    return TemplateResponse(request, "rest/docs.html", guide(api))
