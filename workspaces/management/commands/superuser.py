"""`manage.py superuser`: make an Organization Owner who is also an operator, such as the first of all."""

import getpass
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.views.decorators.debug import sensitive_variables

from cloudui.web.principal import system_principal
from workspaces.models import OrganizationRole, User
from workspaces.people.service import create_person

TAKEN: Final = "A person with this e-mail address already exists."


class Command(BaseCommand):
    """Ask for an e-mail address and a password and make the account."""

    help = "Make an Organization Owner who may also open the admin site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the e-mail address, so that a script needs to send the password only."""
        parser.add_argument("--email", help="The address; asked for unless given.")

    @sensitive_variables("password")
    def handle(self, *, email: str | None, **_options: object) -> None:
        try:
            address = _checked_address(email) if email else _ask(_read_address)
            password = _ask(lambda: _read_password(address))
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Nothing was made.") from None
        try:
            user = create_person(
                system_principal("manage.py superuser"),
                email=address,
                password=password,
                organization_role=OrganizationRole.OWNER,
                is_operator=True,
            )
        except IntegrityError:
            # Somebody else was faster, since the address was looked up.
            raise CommandError(TAKEN) from None
        self.stdout.write(f"{user.email} can sign in as Organization Owner and operator.")


def _ask(question: Callable[[], str]) -> str:
    """Ask again after a mistake, as long as a person can answer."""
    while True:
        try:
            return question()
        except CommandError as error:
            if not sys.stdin.isatty():
                raise
            sys.stderr.write(f"{error}\n")


def _read_address() -> str:
    return _checked_address(input("E-mail address: "))


def _checked_address(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    if User.objects.filter(email=address).exists():
        raise CommandError(TAKEN)
    return address


@sensitive_variables()
def _read_password(address: str) -> str:
    if not sys.stdin.isatty():
        # From a script: one line, so that the password is in no argument and in no environment.
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password again: "):
            raise CommandError("The two passwords differ.")
    try:
        validate_password(password, User(email=address))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
