"""For whom a token of ours is that an Airflow accepts by our auth manager: one Deployment's Airflow, and nobody else."""


def audience(deployment_id: str) -> str:
    """The `aud` of such tokens, which this Airflow's CONSOLE_AUDIENCE names; no other token of the console has it."""
    return f"airflow:{deployment_id}"
