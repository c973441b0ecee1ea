"""How passwords are stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.views.decorators.debug import sensitive_variables

from cloudui.web.slots import argon2_slot


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with the OWASP minimum of 19 MiB (Django's own takes 100), in the slots of the machine.

    Raises SlotsBusy if no slot comes free.
    """

    memory_cost = 19456
    time_cost = 2
    parallelism = 1

    @sensitive_variables()
    def encode(self, password: str, salt: str) -> str:
        # The admin site sets passwords inside its own transaction.
        with argon2_slot(allow_transaction=True):
            return super().encode(password, salt)

    @sensitive_variables()
    def verify(self, password: str, encoded: str) -> bool:
        with argon2_slot(allow_transaction=True):
            return super().verify(password, encoded)
