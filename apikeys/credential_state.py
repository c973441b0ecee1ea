"""The state of a secret, or of a person, right now: the queries of the hot paths, one narrow query each.

They are written in SQL because building the same query and models through the ORM takes longer than all the
rest of a call together (docs/performance.md), and a token endpoint that is ten times dearer than it needs to be
is a weakness. Nothing else in the product does this.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.utils import timezone

from cloudui.web.principal import Kind, Origin, Principal
from workspaces.models import OrganizationRole


class SecretState(NamedTuple):
    """A secret of an API key with all that decides whether it opens anything; `is_revoked` is about one token."""

    row: int
    number: int
    encoded: str
    pepper_version: int
    fingerprint: bytes
    first_used_at: datetime | None
    last_used_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    key_id: str
    key_name: str
    is_enabled: bool
    disabled_at: datetime | None
    generation: int
    deployment: str
    deployment_name: str
    workspace: str
    workspace_name: str
    is_revoked: bool

    @property
    def end(self) -> datetime | None:
        """When the secret ended, or None while it lives."""
        if self.ended_at is not None:
            return self.ended_at
        return self.ends_at if self.ends_at is not None and self.ends_at <= timezone.now() else None

    def principal(self, origin: Origin) -> Principal:
        """The key as a caller."""
        return Principal(
            kind=Kind.API_KEY,
            id=self.key_id,
            name=self.key_name,
            deployment=self.deployment,
            origin=origin,
        )


class PersonState(NamedTuple):
    """A person together with all that decides whether a token of theirs is good.

    `grant_used_at` says when the sign-in of the command-line client was used last that the token comes from.
    """

    user_id: str
    email: str
    full_name: str
    organization_role: str
    is_active: bool
    security_stamp: str
    is_revoked: bool
    grant_used_at: datetime | None = None

    def principal(self, origin: Origin) -> Principal:
        """The person as a caller, with the rights of this moment."""
        return Principal(
            kind=Kind.USER,
            id=self.user_id,
            name=self.full_name or self.email,
            is_owner=self.organization_role == OrganizationRole.OWNER,
            is_token=True,
            origin=origin,
        )


_SELECT: Final = """
    SELECT
        s.id, s.number, s.encoded, s.pepper_version, s.fingerprint,
        s.first_used_at, s.last_used_at, s.ends_at, s.ended_at,
        k.key_id, k.name, k.is_enabled, k.disabled_at, k.generation,
        d.id, d.name, w.id, w.name,
        EXISTS (SELECT 1 FROM apikeys_revokedtoken r WHERE r.jti = %s)
    FROM apikeys_apikeysecret s
    JOIN apikeys_apikey k ON k.key_id = s.key_id
    JOIN deployments_deployment d ON d.id = k.deployment_id
    JOIN workspaces_workspace w ON w.id = d.workspace_id
"""
_BY_NUMBER: Final = _SELECT + "WHERE s.key_id = %s AND s.number = %s AND k.deployment_id = %s"
_PERSON: Final = """
    SELECT
        u.id, u.email, u.full_name, u.organization_role, u.is_active, u.security_stamp,
        EXISTS (SELECT 1 FROM apikeys_revokedtoken r WHERE r.jti = %s)
    FROM workspaces_user u
    WHERE u.id = %s
"""
_PERSON_BY_GRANT: Final = """
    SELECT
        u.id, u.email, u.full_name, u.organization_role, u.is_active, u.security_stamp,
        EXISTS (SELECT 1 FROM apikeys_revokedtoken r WHERE r.jti = %s), g.last_used_at
    FROM workspaces_user u
    JOIN apikeys_authorizationgrant g ON g.user_id = u.id
    WHERE u.id = %s AND g.id = %s
"""


def by_number(*, key_id: str, number: int, deployment: str, jti: str) -> SecretState | None:
    """The secret that bought a token; None if it is gone, or belongs to another Deployment than the token."""
    row = _one(_BY_NUMBER, [jti, key_id, number, deployment])
    return _secret_state(row) if row else None


def by_fingerprint(fingerprints: Sequence[bytes], *, key_id: str | None = None) -> SecretState | None:
    """The secret that has one of these fingerprints, and belongs to that key if one is named.

    It chooses the row; before anything is granted, argon2 compares the secret with it. There are several fingerprints
    only while their key is rotated.
    """
    places = ", ".join(["%s"] * len(fingerprints))
    row = _one(_SELECT + "WHERE s.fingerprint IN (" + places + ")", ["", *fingerprints])
    if row is None:
        return None
    state = _secret_state(row)
    return state if key_id in {None, state.key_id} else None


def of_person(user_id: str, *, jti: str, grant: str = "") -> PersonState | None:
    """The person whom a token names; None if there is nobody of that name, or if the grant behind it has ended."""
    if not grant:
        row = _one(_PERSON, [jti, user_id])
        return PersonState(*row) if row else None
    row = _one(_PERSON_BY_GRANT, [jti, user_id, grant])
    return PersonState._make([*row[:-1], _aware(row[-1])]) if row else None


def _one(sql: str, parameters: Sequence[str | int | bytes]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _secret_state(row: tuple[Any, ...]) -> SecretState:
    # In the rows of a raw query SQLite leaves out the zone of a time, and PostgreSQL may give binary values
    # as views.
    values: list[Any] = [_aware(value) if isinstance(value, datetime) else value for value in row]
    values[4] = bytes(values[4])
    return SecretState._make(values)


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value
