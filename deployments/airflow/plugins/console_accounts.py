"""Makes the service accounts of Cloud UI in an Airflow 2: a program, run once with Airflow's own Python.

It reads lines of role, name and password from the standard input, so that no password is in a list of processes. The
environment of this program has the Airflow to make them in.
"""

import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder


def main() -> None:
    """Make each account, or give it the password of the line."""
    with get_application_builder() as builder:
        manager = builder.sm
        # The webserver makes them at its first start, which is later.
        manager.sync_roles()
        for line in sys.stdin:
            role, name, password = line.split()
            if user := manager.find_user(username=name):
                manager.reset_password(user.id, password)
            elif not manager.add_user(
                name, "Cloud UI", role, f"{name}@localhost", manager.find_role(role), password
            ):
                sys.exit(f"The account {name} could not be made.")


if __name__ == "__main__":
    main()
