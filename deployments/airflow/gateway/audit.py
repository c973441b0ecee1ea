"""The audit event of a write that was passed on. What it said is not looked at, so it is not in it."""

from typing import Final

from django.db import transaction

from deployments import events
from deployments.airflow.gateway.admission import Admission

OPERATION: Final = "callAirflow"


def record_write(admission: Admission, method: str, path: bytes, status: int) -> None:
    """Write down who sent what where, and what came of it; a `status` of 0 says that the caller did not wait for it."""
    with transaction.atomic():
        events.record(
            admission.principal,
            OPERATION,
            admission.deployment,
            {"method": method, "path": path.decode("ascii"), "status": status, "role": admission.role.value},
            result="ok" if 200 <= status < 400 else f"status_{status}" if status else "cancelled",
        )
