"""Cloud UI as it is, except that argon2 is never called: the limit of an exchange that is repeated."""

from apikeys.tokens import verified_secrets
from cloudui.wsgi import application

__all__ = ["application"]

verified_secrets.is_verified = lambda *_: True
