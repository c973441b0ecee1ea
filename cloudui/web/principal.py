"""Who is calling. Session sign-in and bearer tokens both end here; access functions take nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of caller there are."""

    USER = "user"
    API_KEY = "api_key"
    # The installation itself: a management command or housekeeping.
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as the audit log keeps it."""

    address: str = ""
    user_agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose identity is proved.

    Attributes:
        kind: a person, an API key or the installation.
        id: the person's identifier or the key ID.
        name: what people read in "Updated by".
        is_owner: whether the person is an Organization Owner, read from the database for this very request.
        deployment: the one Deployment of an API key, empty otherwise.
        is_token: whether an access token authenticates the person, and not a session: it manages no API keys.
        origin: where the request came from.
    """

    kind: Kind
    id: str
    name: str
    is_owner: bool = False
    deployment: str = ""
    is_token: bool = False
    origin: Origin = field(default_factory=Origin)


def system_principal(name: str) -> Principal:
    """The installation acting by itself, named for the command that acts."""
    return Principal(kind=Kind.SYSTEM, id="system", name=name, is_owner=True)
