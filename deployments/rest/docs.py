"""The OpenAPI document for programs, and the same as a page for people; both open to everybody, with nothing secret."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cloudui.web.api import answer, public_api_route
from deployments.rest.guide import guide
from deployments.rest.openapi import document


@public_api_route()
def openapi(request: HttpRequest) -> HttpResponse:
    """The document that describes this interface (OpenAPI 3.1)."""
    return answer(document())


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """All operations with their parameters, bodies, answers and a line for the shell. No script is needed."""
    return TemplateResponse(request, "deployments/rest/docs.html", guide())
