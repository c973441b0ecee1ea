"""The tables of this app; import them from here."""

from apikeys.models.key import ApiKey
from apikeys.models.secret import ApiKeySecret

__all__ = ["ApiKey", "ApiKeySecret"]
