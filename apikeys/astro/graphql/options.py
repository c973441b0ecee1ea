"""What the client is told before it asks for a change: it checks what a person typed against these limits."""

import re
from collections.abc import Iterable
from typing import Any, Final

from deployments.models import Cluster, Executor, RuntimeRelease
from deployments.models.deployment import SCHEDULER_AU, SCHEDULER_REPLICAS
from deployments.queues.fields import MOST, NUMBERS

# The client crashes on a version that its library cannot read, wherever it compares versions.
_VERSION: Final = re.compile(r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")

# One is 0.1 CPU and 0.375 GiB (deployments.units), here in thousandths of a core and MiB.
_UNIT: Final = {"cpu": 100, "memory": 384}


def of_deployments() -> dict[str, Any]:
    """The limits of schedulers, and the releases that a new Deployment may choose.

    Without the limits the client believes that nothing is allowed, says so and sends nothing.
    """
    least_au, most_au = SCHEDULER_AU
    least, most = SCHEDULER_REPLICAS
    return {
        "components": {
            "scheduler": {
                "au": {"default": least_au, "limit": most_au, "request": least_au},
                "replicas": {"default": least, "limit": most, "minimum": least},
            },
            "executor": {
                "celeryExecutor": {"name": Executor.CELERY.value},
                "kubernetesExecutor": {"name": Executor.KUBERNETES.value},
            },
        },
        "astro_unit": _UNIT,
        "executors": Executor.values,
        "runtime_releases": [
            release for release in RuntimeRelease.objects.offered() if _VERSION.fullmatch(release.version)
        ],
        "astro_machines": [],
        "scheduler_sizes": [],
    }


def of_queues(clusters: Iterable[Cluster]) -> dict[str, dict[str, int]]:
    """The limits of a worker queue's numbers, wide enough for each node pool of these Clusters.

    The client asks for no Cluster, and puts the default in the place of a number that nobody chose. Where the node pool
    decides it is 0, which the client does not send; the service then knows the pool, and chooses.
    """
    pools = [pool for cluster in clusters for pool in cluster.node_pools.all()]
    options = {}
    for field, number in NUMBERS.items():
        ceilings = [number.limits(pool)[1] for pool in pools]
        depends_on_pool = number.counts_workers and number.default > number.least
        options[_OPTIONS[field]] = {
            "floor": 0 if depends_on_pool else number.least,
            "ceiling": max(ceilings, default=MOST if number.greatest is None else number.greatest),
            "default": 0 if depends_on_pool else number.default,
        }
    return options


# As `default_resolver` finds them.
_OPTIONS: Final = {field: number.client_name for field, number in NUMBERS.items()}
