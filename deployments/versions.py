"""The versions of what can be changed of a Deployment, as one text."""

import json

from deployments.models import Deployment


def state_of(deployment: Deployment) -> str:
    """What differs after each change of what a Deployment file says, and only then.

    The alert e-mails have no version: a change of theirs must not make an edit of the configuration stale. They are
    in it themselves.
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
