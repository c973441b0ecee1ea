"""The tables of this app; import them from here."""

from apikeys.models.key import ApiKey
from apikeys.models.revoked_token import RevokedToken
from apikeys.models.secret import ApiKeySecret
from apikeys.models.signing_key import SigningKey
from apikeys.models.use import ApiKeyUse, Reason, Refusal

__all__ = ["ApiKey", "ApiKeySecret", "ApiKeyUse", "Reason", "Refusal", "RevokedToken", "SigningKey"]
