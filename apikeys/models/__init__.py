"""The tables of this app; import them from here."""

from apikeys.models.grant import AuthorizationGrant
from apikeys.models.key import ApiKey, ApiKeySecret
from apikeys.models.revoked_token import RevokedToken
from apikeys.models.signing_key import SigningKey
from apikeys.models.use import ApiKeyUse, Caller, Reason, Refusal

__all__ = [
    "ApiKey",
    "ApiKeySecret",
    "ApiKeyUse",
    "AuthorizationGrant",
    "Caller",
    "Reason",
    "Refusal",
    "RevokedToken",
    "SigningKey",
]
