"""The versions of what can be changed of a Deployment, as one text."""

import json

from deployments.models import Deployment


def state_of(deployment: Deployment) -> str:
    """What differs after each change of what a Deployment file says, and only then.

    The alert e-mails themselves are in it: they have no version, since changing them must not make an edit stale.
    """
    queues = deployment.worker_queues.order_by("pk").values_list("pk", "version")
    return json.dumps(
        [
            deployment.configuration_version,
            deployment.variables_version,
            [f"{pk}:{version}" for pk, version in queues],
            deployment.alert_emails,
        ]
    )
