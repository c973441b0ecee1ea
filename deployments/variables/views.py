"""The Variables tab: the list, editing all of them at once, importing and exporting .env files."""

from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from cloudui.web.htmx import (
    HtmxHttpRequest,
    form_status,
    page_or_fragment,
    posted,
    wants_fragment,
)
from cloudui.web.paging import PAGE_SIZE
from cloudui.web.uploads import was_too_large
from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.frame import deployment_context, finish
from deployments.models import Deployment
from deployments.variables import dotenv
from deployments.variables.forms import ImportForm, VariablesForm
from deployments.variables.listing import page_of_variables
from deployments.variables.service import list_variables, save_variables, view_of


@require_safe
@sensitive_variables()
def index(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The list, for every member of the Workspace. The search looks at keys and never at values."""
    target = deployment_to_view(request.principal, workspace, deployment)
    listing = page_of_variables(target, request.GET)
    variables = [view_of(row) for row in listing.page.rows]
    context = {
        **deployment_context(target, tab="variables"),
        "listing": listing,
        "variables": variables,
        "unreadable": [one.key for one in variables if not one.is_readable],
    }
    return page_or_fragment(request, "deployments/variables/index.html", context, fragment="variable-list")


@require_safe
@sensitive_variables()
def export(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """All variables as a .env file; the values of secrets are not in it."""
    target = deployment_to_view(request.principal, workspace, deployment)
    return HttpResponse(
        dotenv.render(target),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{target.release_name}.env"'},
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables()
def edit(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Update Environment Variables: those of a page as rows, saved together. The button Add only adds a row."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    listed = [view_of(row) for row in page_of_variables(target, request.GET).page.rows]
    form = VariablesForm(request.principal, target, posted(request), listed=listed)
    is_valid = form.is_valid()
    if not form.is_bound or "add" in form.data:
        return _show(request, target, form)
    if is_valid:
        try:
            save_variables(request.principal, target, form.to_input(), version=form.cleaned_data["version"])
        except StaleEdit as stale:
            form.accept(stale)
            return _show(request, target, form, status=HTTPStatus.CONFLICT)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return finish(request, target, "The variables were saved.", page="variables")
    return _show(request, target, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables()
def import_file(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """A .env file, put into the rows of the edit form to be looked at. Nothing is saved here."""
    target = deployment_to_edit(request.principal, workspace, deployment)
    form = ImportForm(posted(request), request.FILES or None, was_too_large=was_too_large(request))
    if form.is_valid():
        keys = {variable.key for variable in form.cleaned_data["variables"]}
        stored = list_variables(target)
        # What the file does not have is beside it where that is not too much.
        listed = stored if len(stored) <= PAGE_SIZE else [one for one in stored if one.key in keys]
        rows = VariablesForm(request.principal, target, listed=listed)
        rows.fill(form.cleaned_data["variables"], are_secret=form.cleaned_data["are_secret"])
        return _show(request, target, rows)
    context = {**deployment_context(target, tab="variables"), "form": form}
    return page_or_fragment(
        request, "deployments/variables/import.html", context, fragment="dialog", status=form_status(form)
    )


def _show(
    request: HtmxHttpRequest, target: Deployment, form: VariablesForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        **deployment_context(target, tab="variables"),
        "form": form,
        # On a page the button that was pressed has to be sent too, which dialog.js would not do.
        "in_dialog": wants_fragment(request),
    }
    return page_or_fragment(
        request, "deployments/variables/edit.html", context, fragment="dialog", status=status
    )
