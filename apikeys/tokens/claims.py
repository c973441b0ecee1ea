"""What an access token says, once it was verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cloudui.web.principal import Kind


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    Attributes:
        kind: a key's token or a person's.
        subject: the key ID or the person's identifier.
        jti: the token's own identifier.
        kid: the key that signed it.
        issued_at: seconds since 1970.
        expires_at: seconds since 1970.
        audience: for whom it is.
        deployment: of a key's token, empty otherwise.
        secret: the number of the secret that bought it; 0 for a person's.
        generation: of the key when it was bought; 0 for a person's.
        stamp: the person's security stamp; empty for a key's.
        all: every claim, as it was signed.
    """

    kind: Kind
    subject: str
    jti: str
    kid: str
    issued_at: int
    expires_at: int
    audience: tuple[str, ...]
    deployment: str
    secret: int
    generation: int
    stamp: str
    all: Mapping[str, Any]

    @property
    def ends(self) -> datetime:
        """When it expires."""
        return datetime.fromtimestamp(self.expires_at, tz=UTC)
