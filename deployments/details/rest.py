"""Alert e-mails of a Deployment: the whole list at a time."""

from ninja import Router

from cloudui.web.api import ApiRequest
from cloudui.web.rest.errors import named
from cloudui.web.rest.schemas import Id
from deployments.access import deployment_to_edit, deployment_to_view
from deployments.details.alert_emails import set_alert_emails
from deployments.details.schemas import AlertEmails, AlertEmailsWanted

PATH = "/deployments/{cid:deployment}/alert-emails"

router = Router(tags=["Alert e-mails"])


@router.get(PATH, response=AlertEmails, summary="Read the alert e-mails")
def read_alert_emails(request: ApiRequest, deployment: Id) -> AlertEmails:
    """The addresses to which alerts are sent."""
    found = deployment_to_view(request.principal, None, deployment)
    return AlertEmails(alert_emails=found.alert_emails)


@router.put(PATH, response=AlertEmails, summary="Replace the alert e-mails")
def replace_alert_emails(request: ApiRequest, deployment: Id, body: AlertEmailsWanted) -> AlertEmails:
    """All addresses from now on; one that is missing is deleted."""
    found = deployment_to_edit(request.principal, None, deployment)
    with named(emails="alert_emails"):
        changed = set_alert_emails(request.principal, found, body.alert_emails)
    return AlertEmails(alert_emails=changed.alert_emails)
