"""`manage.py connect_airflow`: tell Cloud UI which Airflow runs a Deployment, and how it is let in."""

import getpass
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from cloudui.web.encryption import CannotDecrypt
from cloudui.web.keyring import KeyFileError
from cloudui.web.principal import system_principal
from deployments.airflow.connecting import try_airflow, with_kept_passwords
from deployments.airflow.health import check
from deployments.airflow.service import connect_as_operator, disconnect_as_operator
from deployments.models import Airflow, AirflowAuth, AirflowRole, Deployment, Status

SYSTEM: Final = system_principal("manage.py connect_airflow")
SHAPE: Final = '{"viewer": {"username": "...", "password": "..."}, "user": ..., "op": ..., "admin": ...}'
Typed = dict[AirflowRole, tuple[str, str]]


class Command(BaseCommand):
    """Try the Airflow and its service accounts, and keep them if all are right."""

    help = "Connect an Airflow that exists to a Deployment, or disconnect it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Passwords are no arguments: whoever is on the machine can read those."""
        parser.add_argument("deployment", help="Its release name, such as bright-comet-1234, or its ID.")
        parser.add_argument(
            "url", nargs="?", help="Where Airflow answers, such as https://airflow.example.com."
        )
        parser.add_argument(
            "--accounts", metavar="FILE", help=f"The service accounts, - for standard input: {SHAPE}"
        )
        parser.add_argument(
            "--auth-manager", action="store_true", help="It has the auth manager of Cloud UI."
        )
        parser.add_argument("--disconnect", action="store_true", help="Delete its address and accounts.")

    @sensitive_variables()
    def handle(
        self,
        *,
        deployment: str,
        url: str | None,
        accounts: str | None,
        auth_manager: bool,
        disconnect: bool,
        **_options: object,
    ) -> None:
        found = _deployment(deployment)
        try:
            if disconnect:
                was = disconnect_as_operator(SYSTEM, found)
                self.stdout.write("Disconnected." if was else "There was no Airflow to disconnect.")
                return
            if not url:
                raise CommandError("Say where it answers, such as https://airflow.example.com.")
            airflow = Airflow.objects.filter(pk=found.pk).first()
            auth = AirflowAuth.AUTH_MANAGER if auth_manager else AirflowAuth.ACCOUNTS
            typed = {} if auth_manager else _read(accounts) if accounts else self._ask()
            connection = try_airflow(found, url, auth, with_kept_passwords(airflow, typed))
            connected = connect_as_operator(SYSTEM, found, connection)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except (CannotDecrypt, KeyFileError):
            raise CommandError("What is stored cannot be read: give the passwords of all roles.") from None
        check([connected])
        self._say(connected)

    def _say(self, airflow: Airflow) -> None:
        airflow = Airflow.objects.select_related("deployment").get(pk=airflow.pk)
        name, version = airflow.deployment.name, airflow.version
        self.stdout.write(f"{name} is connected to Airflow {version} at {airflow.base_url}.")
        if airflow.deployment.status != Status.HEALTHY:
            self.stdout.write(f"It is not healthy. {airflow.reason}")

    @sensitive_variables()
    def _ask(self) -> Typed:
        if not sys.stdin.isatty():
            raise CommandError("Give the service accounts by --accounts, or run this in a terminal.")
        typed: Typed = {}
        for role in AirflowRole:
            username = input(f"User name for the role {role.label} [console-{role.value}, - for none]: ")
            if username.strip() != "-":
                name = username.strip() or f"console-{role.value}"
                typed[role] = (name, getpass.getpass(f"Password of {name}: "))
        return typed


def _deployment(name: str) -> Deployment:
    rows = Deployment.objects.select_related("runtime").filter(Q(release_name=name) | Q(pk=name))
    found = rows.first()
    if found is None:
        raise CommandError(f"There is no Deployment with the release name or ID {name}.")
    return found


@sensitive_variables()
def _read(place: str) -> Typed:
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text()
    except OSError as error:
        raise CommandError(f"{place} cannot be read: {error.strerror}.") from None
    try:
        given: Any = json.loads(text)
        return {
            AirflowRole(role): (_text(one, "username"), _text(one, "password")) for role, one in given.items()
        }
    except (ValueError, AttributeError, TypeError, KeyError):
        raise CommandError(f"The accounts must look like {SHAPE}") from None


@sensitive_variables()
def _text(account: Any, name: str) -> str:
    value = account[name]
    if not isinstance(value, str):
        raise TypeError
    return value
