"""A program in the place of `astro` v1.45.0: `astro deploy ID --dags [--force] [--description TEXT]` against $SERVER."""

import argparse
import io
import os
import tarfile

from tests.clients.astro_deploys import DeployingNow
from tests.clients.astro_shapes import Failed


def main() -> None:
    """Deploy the folder `dags` as the variables and the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["deploy"])
    parser.add_argument("deployment")
    parser.add_argument("--dags", action="store_true", required=True)
    parser.add_argument("--force", "-f", action="store_true")
    parser.add_argument("--description", default="")
    told = parser.parse_args()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add("dags")
    astro = DeployingNow(base=os.environ["SERVER"], environment=dict(os.environ))
    try:
        astro.deploy(told.deployment, packed.getvalue(), kind="DAG_ONLY", description=told.description)
    except Failed as error:
        raise SystemExit(f"Error: {error}") from error


if __name__ == "__main__":
    main()
