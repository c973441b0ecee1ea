"""A Deployment with something of everything, and the programs that call about it."""

import pytest

from deployments.access import deployment_to_view
from deployments.details.alert_emails import set_alert_emails
from deployments.queues.service import QueueInput, replace_queues
from deployments.variables.service import VariableInput, save_variables
from tests.apikeys.astro.v1.calls import SECRET
from tests.deployments.deploys.programs import of_key


@pytest.fixture
def filled(deployment, as_caller):
    save_variables(
        as_caller, deployment, [VariableInput("FOO", "bar"), VariableInput("TOKEN", SECRET, is_secret=True)]
    )
    replace_queues(
        as_caller,
        deployment,
        [QueueInput("default", "small", 1, 5, 8), QueueInput("heavy", "small", 0, 2, 4)],
    )
    set_alert_emails(as_caller, deployment, ["ops@example.com"])
    return deployment_to_view(as_caller, None, deployment.pk)


@pytest.fixture
def key(filled):
    """A pipeline with a key of it."""
    return of_key(filled)
