"""The audit log for Organization Owners: its page, and its export."""

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from cloudui.web.htmx import HtmxHttpRequest, form_status
from workspaces.audit import export
from workspaces.audit.forms import DAYS, ExportForm
from workspaces.audit.listing import list_events


@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """What happened in the Organization, newest first, filtered by the URL."""
    return _page(request, request.GET, ExportForm(initial={"days": DAYS}))


@require_POST
def download(request: HtmxHttpRequest) -> HttpResponseBase:
    """A file with a line for each event of the last days."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _page(request, QueryDict(), form)
    days = form.cleaned_data["days"]
    lines = export.export_events(request.principal, days)
    return StreamingHttpResponse(
        lines,
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{export.file_name(days)}"'},
    )


def _page(request: HtmxHttpRequest, params: QueryDict, form: ExportForm) -> HttpResponse:
    listing = list_events(request.principal, params)
    status = max(form_status(listing.form), form_status(form))
    context = {"listing": listing, "form": listing.form, "export_form": form}
    return TemplateResponse(request, "workspaces/audit/index.html", context, status=status)
