"""`manage.py rotate_keys PURPOSE`: from the next restart on, new things are made with a fresh key."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cloudui.web import keycheck, keyring


class Command(BaseCommand):
    """Add a version of one key to the key file; the older ones stay for what was made with them."""

    help = "Add a fresh version of one key to the key file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("purpose", choices=keyring.PURPOSES)

    def handle(self, *, purpose: str, **_options: object) -> None:
        if settings.CLOUDUI_KEYS:
            raise CommandError(f"The keys come from {keyring.VARIABLE}: add the new version there.")
        # A new version in an older file would be another key than the one that the database knows by this number.
        keycheck.verify()
        version = keyring.add_version(settings.DATA_DIR, purpose)
        self.stdout.write(
            f"Version {version} of the {purpose} key is in {keyring.FILE_NAME}. "
            "Back the file up, then restart all processes of this installation together."
        )
