"""The versions of what can be changed of a Deployment, as one text."""

import json

from deployments.models import Deployment


def state_of(deployment: Deployment) -> str:
    """What differs after each change of what a Deployment file says; e-mails, which have no version, are in it."""
    queues = deployment.worker_queues.order_by("pk").values_list("pk", "version")
    return json.dumps(
        [
            deployment.configuration_version,
            deployment.variables_version,
            [f"{pk}:{version}" for pk, version in queues],
            deployment.alert_emails,
        ]
    )
