"""*Open Airflow*: from the console to the web interface of a Deployment's Airflow, signed in there."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from cloudui.web.htmx import HtmxHttpRequest
from deployments import airflow_hosts
from deployments.access import deployment_to_view
from deployments.airflow.visits import make_ticket
from deployments.models import Airflow


@require_POST
def open_airflow(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """A page that leads to the Airflow's own host with a ticket for one use, for every member of the Workspace.

    Not a redirect: a browser lets no form lead to another host, and that of an Airflow is a stranger's.
    """
    target = deployment_to_view(request.principal, workspace, deployment)
    airflow, address = Airflow.of(target), airflow_hosts.address_of(target.release_name)
    if airflow is None or not airflow.signs_people_in or not address:
        raise Http404
    ticket = make_ticket(request.principal, target, str(request.session.session_key))
    url = f"{address}/console/enter?{urlencode({'ticket': ticket})}"
    response = TemplateResponse(
        request, "deployments/airflow/opening.html", {"name": target.name, "url": url}
    )
    response.shows_secret = True  # type: ignore[attr-defined] # so that it is not compressed
    return response
