"""Deployments as code: downloading the Deployment file, and applying one after a look at what it changes."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import retarget

from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, wants_fragment
from cloudui.web.uploads import was_too_large
from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.deployment_file.apply import apply, examine
from deployments.deployment_file.diff import Change, warning_about
from deployments.deployment_file.forms import DeploymentFileForm
from deployments.deployment_file.problems import InvalidDeploymentFile, Problem
from deployments.deployment_file.reader import Format
from deployments.deployment_file.render import render
from deployments.deployment_file.sealing import SealBroken, Sealed, seal, unseal
from deployments.deployment_file.validation import parse, read
from deployments.frame import deployment_context
from deployments.models import Deployment

FORM_PAGE = "deployments/deployment_file/form.html"
PREVIEW_PAGE = "deployments/deployment_file/preview.html"
TYPES: dict[Format, str] = {"yaml": "application/yaml", "json": "application/json"}
ENDED = "The preview has ended. Paste the Deployment file again, or choose it."
HELD_BACK = "The text is not shown again, because it may hold secrets. Paste it again, or choose the file."


@require_safe
def download(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The Deployment file, or a template for another Deployment, for every member of the Workspace."""
    target = deployment_to_view(request.principal, workspace, deployment)
    file_format: Format = "json" if request.GET.get("form") == "json" else "yaml"
    is_template = "template" in request.GET
    name = f"{target.release_name}{'-template' if is_template else ''}.{file_format}"
    return HttpResponse(
        render(target, file_format=file_format, is_template=is_template),
        content_type=f"{TYPES[file_format]}; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
            "Cache-Control": "no-store",
        },
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def apply_file(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Apply file: hand it in, look at the changes, apply them. Between the steps it travels sealed."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    if "sealed" in request.POST:
        return _agreed(request, target, request.POST["sealed"])
    if request.method != "POST":
        start = {"text": render(target)} if "current" in request.GET else {}
        return _form(request, target, DeploymentFileForm(initial=start))
    form = DeploymentFileForm(request.POST, request.FILES, was_too_large=was_too_large(request))
    if form.is_valid():
        return _preview(request, target, form.cleaned_data["given"])
    return _form(request, target, form)


@sensitive_variables()
def _preview(
    request: HtmxHttpRequest, target: Deployment, given: str | bytes, *, is_conflict: bool = False
) -> HttpResponse:
    try:
        examined = examine(request.principal, target, given)
    except InvalidDeploymentFile as invalid:
        return _invalid(request, target, given, invalid)
    text = given if isinstance(given, str) else given.decode("utf-8")
    context = {
        **_context(target),
        "changes": examined.changes,
        "warning": warning_about(examined.changes),
        "sealed": seal(request.principal, target, text, state=examined.state),
        "is_conflict": is_conflict,
    }
    status = 409 if is_conflict else 200
    return page_or_fragment(request, PREVIEW_PAGE, context, fragment="document", status=status)


@sensitive_variables()
def _agreed(request: HtmxHttpRequest, target: Deployment, sealed: str) -> HttpResponse:
    try:
        file = unseal(request.principal, target, sealed)
    except SealBroken:
        return _form(request, target, DeploymentFileForm(), status=422, held_back=ENDED)
    if "edit" in request.POST:
        return _edit(request, target, file)
    return _apply(request, target, file)


@sensitive_variables()
def _apply(request: HtmxHttpRequest, target: Deployment, file: Sealed) -> HttpResponse:
    try:
        changes = apply(request.principal, target, parse(file.text), state=file.state)
    except StaleEdit:
        return _preview(request, target, file.text, is_conflict=True)
    except InvalidDeploymentFile as invalid:
        return _invalid(request, target, file.text, invalid)
    messages.success(request, _said(changes))
    return redirect("deployments:details", workspace=target.workspace_id, deployment=target.pk)


@sensitive_variables()
def _edit(request: HtmxHttpRequest, target: Deployment, file: Sealed) -> HttpResponse:
    is_held_back = read(file.text).may_hold_secrets
    form = DeploymentFileForm(initial={} if is_held_back else {"text": file.text})
    return _form(request, target, form, held_back=HELD_BACK if is_held_back else "")


@sensitive_variables()
def _invalid(
    request: HtmxHttpRequest, target: Deployment, given: str | bytes, invalid: InvalidDeploymentFile
) -> HttpResponse:
    if wants_fragment(request):
        return _problems(request, target, invalid.problems)
    # A chosen file is shown too, so that it can be corrected here.
    text = given if isinstance(given, str) else given.decode("utf-8", "replace")
    form = DeploymentFileForm(initial={"text": text} if invalid.is_showable else {})
    return _form(
        request,
        target,
        form,
        status=422,
        problems=invalid.problems,
        held_back="" if invalid.is_showable else HELD_BACK,
    )


def _problems(request: HtmxHttpRequest, target: Deployment, problems: Iterable[Problem]) -> HttpResponse:
    """The mistakes alone: what was typed stays in the browser, secrets too."""
    context = {**_context(target), "problems": problems}
    response: HttpResponse = TemplateResponse(
        request, "deployments/deployment_file/_problems.html", context, status=422
    )
    patch_vary_headers(response, ["HX-Request"])
    # On a small screen the button is far below the mistakes.
    response.headers["HX-Reswap"] = "innerHTML show:#document:top"
    return retarget(response, "#document-problems")


def _form(
    request: HtmxHttpRequest, target: Deployment, form: DeploymentFileForm, *, status: int = 0, **more: Any
) -> HttpResponse:
    context = {**_context(target), "form": form, **more}
    return page_or_fragment(
        request, FORM_PAGE, context, fragment="document", status=status or form_status(form)
    )


def _context(target: Deployment) -> dict[str, Any]:
    return deployment_context(target, tab="details")


def _said(changes: list[Change]) -> str:
    number = len(changes)
    if not number:
        return "The Deployment already was as the file says."
    return f"The Deployment file was applied: {number} change{'' if number == 1 else 's'}."
