"""What a fresh installation offers; the first migration writes it, afterwards operators edit it in the admin site.

Runtime versions follow semantic versioning, as clients compare them; their last part rises with each rebuild.
"""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Release:
    """A runtime and the Airflow that it carries."""

    version: str
    airflow_version: str
    channel: str = "stable"


@dataclass(frozen=True, slots=True)
class Pool:
    """A kind of worker machine; `cpu` is in cores."""

    worker_type: str
    cpu: Decimal
    memory_gib: Decimal
    max_workers: int


@dataclass(frozen=True, slots=True)
class FirstCluster:
    """The cluster of a fresh installation; the first of its pools is the default."""

    name: str = "local"
    provider: str = "local"
    region: str = ""
    pools: tuple[Pool, ...] = field(
        default=(
            Pool("small", cpu=Decimal(1), memory_gib=Decimal(2), max_workers=10),
            Pool("medium", cpu=Decimal(2), memory_gib=Decimal(4), max_workers=10),
            Pool("large", cpu=Decimal(4), memory_gib=Decimal(8), max_workers=5),
        )
    )


# The newest first, the order in which the create page offers them.
RELEASES = (
    Release("13.4.0", airflow_version="3.3.2"),
    Release("13.1.0", airflow_version="3.1.3"),
    Release("13.0.2", airflow_version="3.0.6"),
    Release("12.2.0", airflow_version="2.11.2"),
    Release("12.1.0", airflow_version="2.11.0"),
    Release("12.0.3", airflow_version="2.10.5"),
)
