"""`manage.py rotate_signing_key`: from now on access tokens are signed with the key that was published before."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from apikeys.tokens import signing_keys
from cloudui.web import keycheck
from cloudui.web.principal import system_principal


class Command(BaseCommand):
    """Rotate the signing key. Tokens that were signed before stay good until they end."""

    help = "Sign access tokens with the next key, and publish a new next one. No token is refused for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--now`."""
        parser.add_argument(
            "--now", action="store_true", help="Do not wait until verifiers can know the next key."
        )

    def handle(self, *, now: bool, **_options: object) -> None:
        """Rotate and say which key signs."""
        keycheck.verify_or_register()
        try:
            current = signing_keys.rotate(system_principal("manage.py rotate_signing_key"), at_once=now)
        except signing_keys.TooEarly as error:
            raise CommandError(f"{error} Verifiers may not have it yet; --now does not wait.") from error
        self.stdout.write(
            f"{current.kid} signs from now on. The key before it is believed for another 24 hours."
        )
