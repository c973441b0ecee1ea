"""What an access token says, once it was verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cloudui.web.principal import Kind


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. Times are seconds since 1970, `all` is every claim as it was signed.

    `deployment`, `secret` (its number) and `generation` are of a key's token, `stamp` of a person's, and `grant` of
    one that `astro login` made.
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
    grant: str
    all: Mapping[str, Any]

    @property
    def ends(self) -> datetime:
        """When it expires."""
        return datetime.fromtimestamp(self.expires_at, tz=UTC)
