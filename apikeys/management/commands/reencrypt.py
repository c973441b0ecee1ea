"""`manage.py reencrypt`: after `rotate_keys field`, bring everything encrypted to the newest key."""

from django.core.management.base import BaseCommand, CommandError

from apikeys.tokens import signing_keys
from cloudui.web import keycheck
from cloudui.web.encryption import PURPOSE
from cloudui.web.keyring import keyring
from cloudui.web.outbox import sealing
from deployments.airflow.reencryption import reencrypt_accounts
from deployments.variables.reencryption import reencrypt_variables


class Command(BaseCommand):
    """Encrypt anew what an older version of the field key holds; the server may go on running."""

    help = "Encrypt with the newest field key whatever an older one holds, while the server runs."

    def handle(self, **_options: object) -> None:
        """Do it, say how much there was, and fail if something could not be read."""
        keycheck.verify_or_register()
        newest, _ = keyring.current(PURPOSE)
        variables, unread = reencrypt_variables()
        accounts, unread_accounts = reencrypt_accounts()
        keys = signing_keys.reencrypt_keys()
        mails = sealing.reencrypt()
        self.stdout.write(
            f"Encrypted anew with version {newest} of the field key: "
            f"{variables} environment variables, {keys} signing keys, {mails} waiting mails."
            + (f" Also the service accounts of {accounts} Airflows." if accounts else "")
        )
        unreadable = [f"{unread} environment variables"] if unread else []
        if unread_accounts:
            unreadable.append(f"the service accounts of {unread_accounts} Airflows")
        if unreadable:
            raise CommandError(
                f"{' and '.join(unreadable)} cannot be read and were left as they are: they were changed "
                "outside of Cloud UI, or the keys lack the version they were made with. The log names them. "
                "Keep the older versions of the field key until they are entered again or deleted."
            )
        self.stdout.write(
            "Nothing is left on an older version. A process that has not been restarted since rotate_keys still "
            "writes with it: restart all of them and run this again before you take the older version out."
        )
