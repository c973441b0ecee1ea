"""`manage.py burn_signing_key KID`: a signing key has leaked, so that nothing it signed may be believed."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from apikeys.models import SigningKey
from apikeys.tokens import signing_keys
from cloudui.web import keycheck
from cloudui.web.principal import system_principal


class Command(BaseCommand):
    """Remove a signing key and with it every token that it signed."""

    help = "Remove a signing key: every access token it signed is refused from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ID of the key, as in the header of its tokens and in /.well-known/jwks.json."""
        parser.add_argument("kid", help="The key's ID, the kid in the header of its tokens.")

    def handle(self, *, kid: str, **_options: object) -> None:
        """Burn it and say what follows."""
        keycheck.verify_or_register()
        try:
            signing_keys.burn(system_principal("manage.py burn_signing_key"), kid)
        except signing_keys.UnknownKey as error:
            known = ", ".join(map(str, SigningKey.objects.order_by("created_at"))) or "none"
            raise CommandError(f"There is no signing key {kid}. There are: {known}.") from error
        self.stdout.write(
            f"{kid} is gone. Every process refuses its tokens within 10 seconds; pipelines get new ones "
            "with their next exchange."
        )
