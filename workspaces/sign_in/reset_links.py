"""What makes the link of a mail for a new password valid."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator

from workspaces.models import User


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):  # type: ignore[misc] # allauth has no types
    """Tokens that end with the person's sessions, and with the account.

    Django and allauth bind a token to the password, the e-mail address and the last sign-in. The security stamp
    ends it together with every session, however they were ended, and `is_active` with the account.
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}|{user.security_stamp}|{user.is_active}"
