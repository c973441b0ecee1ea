"""Whether this machine can run Airflows, for whoever would make one."""

from deployments.airflow.runner.place import read_refusal


def why_not() -> str:
    """Why Clusters of the kind `local` are refused here, a sentence that says what to do; empty if they are not."""
    return read_refusal()
