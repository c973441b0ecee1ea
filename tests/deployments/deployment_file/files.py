"""Deployment files for tests, the Deployments that they are applied to, and the pages that do it."""

from cloudui.web.principal import Principal
from deployments.access import deployment_to_view
from deployments.deployment_file.apply import examine
from deployments.deployment_file.diff import Change
from deployments.deployment_file.problems import InvalidDeploymentFile
from deployments.deployment_file.validation import parse
from deployments.details.alert_emails import set_alert_emails
from deployments.models import Deployment
from deployments.queues.service import QueueInput, replace_queues
from deployments.variables.service import VariableInput, save_variables
from tests.deployments.helpers import one, text, url

RENAME = "configuration:\n  name: Live\n"
WITH_SECRET = (
    "environment_variables:\n  - {key: PASSWORD, is_secret: true, value: hunter2}\nalert_emails: []\n"
)
# What stands in a cell with nothing in it.
NOTHING = "\u2013"


def fill(deployment: Deployment, principal: Principal) -> Deployment:
    """Put something into every section of a Deployment, and read it again."""
    replace_queues(
        principal,
        deployment,
        [QueueInput("default", "small", 0, 10, 16), QueueInput("heavy", "small", 1, 2, 4)],
    )
    set_alert_emails(principal, deployment, ["team@example.com"])
    save_variables(
        principal,
        deployment,
        [
            VariableInput("LEVEL", "info"),
            VariableInput("OLD", "gone"),
            VariableInput("PASSWORD", "stored", is_secret=True),
        ],
    )
    return deployment_to_view(principal, None, deployment.pk)


def said(changes: list[Change]) -> list[tuple[str, str, str, str, str]]:
    """Everything about changes."""
    return [(change.section, change.what, str(change.how), change.before, change.after) for change in changes]


def problems_of(text: str | bytes) -> list[tuple[int, str, str]]:
    """Line, field and message of all that is wrong with a text."""
    try:
        parse(text)
    except InvalidDeploymentFile as error:
        return [(each.line, each.field, each.message) for each in error.problems]
    return []


def refusal(principal: Principal, deployment: Deployment, text: str) -> list[tuple[int, str, str, str]]:
    """Line, field, message and remedy of all that is wrong with applying a text."""
    try:
        examine(principal, deployment, text)
    except InvalidDeploymentFile as error:
        return [(each.line, each.field, each.message, each.remedy) for each in error.problems]
    return []


def apply_url(deployment: Deployment, query: str = "") -> str:
    return url("deployments:apply_document", deployment, query)


def file_url(deployment: Deployment, query: str = "") -> str:
    return url("deployments:download_document", deployment, query)


def previewed(client, deployment, given):
    """The hidden field of the preview of a text."""
    response = client.post(apply_url(deployment), {"text": given})
    assert response.status_code == 200, text(response)
    return one(response, "input[name=sealed]")["value"]
