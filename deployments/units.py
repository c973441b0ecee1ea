"""Airflow units, in which the resources of schedulers and workers are counted."""

from decimal import ROUND_HALF_UP, Decimal


def in_airflow_units(number: int) -> str:
    """A number of Airflow units (AU) with what it stands for: one is 0.1 CPU and 0.375 GiB of memory."""
    cpu, memory = Decimal(number) / 10, (Decimal(number) * 3 / 8).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{number} AU ({cpu:f} CPU, {memory.normalize():f} GiB)"
