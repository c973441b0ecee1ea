"""Authenticating a key by its secret, and exchanging the secret for an access token.

The order of the checks is the defence (docs/decisions/0006). The tag comes first: what was never issued here costs one
HMAC, no query and no argon2. Then one query finds the row, and one argon2 compares the secret with it, or with nothing
where there is no row, so that an unknown key costs what a wrong one costs. Only the holder of the key's secret learns
anything more than "no".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import credential_state, credentials, usage, use_writes
from apikeys.credential_state import SecretState
from apikeys.credentials import KeySecret
from apikeys.models import ApiKeySecret, Reason
from apikeys.tokens import access_tokens, verified_secrets
from cloudui.web import logs, metrics, ratelimit
from cloudui.web.principal import Kind, Origin
from cloudui.web.slots import SlotsBusy
from workspaces import audit

# The name under which the command-line client asks for this API, whatever it is called.
CLI_AUDIENCE: Final = "astronomer-ee"
# Failures of one pair of ID and secret in a minute, beyond which it is refused without another argon2.
MOST_FAILURES: Final = 30


class InvalidCredentials(Exception):
    """Forged, unknown, deleted or another key's: nobody learns which."""


class TooManyFailures(Exception):
    """The same pair of ID and secret has failed 30 times in this minute."""


class CredentialsRefused(Exception):
    """The credentials are right and still open nothing; the text tells their holder why."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class TooManyExchanges(Exception):
    """The key has exchanged its secret too often in this minute (`EXCHANGES_PER_MINUTE`)."""


class UnknownAudience(Exception):
    """The token was asked for something that this key does not open."""


class UnknownScope(Exception):
    """There are no scopes: what a key may do is one fixed set."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token and the seconds it lives."""

    token: str = field(repr=False)
    seconds: int


@contextmanager
def _counted() -> Iterator[None]:
    """Count how an exchange ends."""
    try:
        yield
    except BaseException as error:
        metrics.count_exchange(_RESULTS.get(type(error), "error"))
        raise
    metrics.count_exchange("issued")


_RESULTS: Final[dict[type[BaseException], str]] = {
    InvalidCredentials: "invalid",
    TooManyFailures: "too_many_failures",
    CredentialsRefused: "refused",
    TooManyExchanges: "too_many_exchanges",
    UnknownAudience: "not_offered",
    UnknownScope: "not_offered",
    SlotsBusy: "busy",
}


@_counted()
@sensitive_variables("secret")
def exchange(
    key_id: str, secret: KeySecret, *, audience: str | None, scope: str | None, origin: Origin
) -> AccessToken:
    """An access token for a key ID and its secret, both as the caller gave them.

    `audience` changes nothing: a token is always for this installation and the key's own Deployment. There are
    no scopes.

    Raises:
        InvalidCredentials, TooManyFailures, CredentialsRefused, SlotsBusy: as `authenticate` does.
        TooManyExchanges: if the key asks too often; the token it has would serve as well.
        UnknownAudience, UnknownScope: if something else is asked for.
    """
    state = authenticate(key_id, secret, origin=origin)
    if ratelimit.count("exchanges", state.key_id) > settings.EXCHANGES_PER_MINUTE:
        metrics.count_refusal("exchanges")
        usage.record_refusal(state, Reason.TOO_MANY_EXCHANGES, origin)
        raise TooManyExchanges
    if audience not in {None, CLI_AUDIENCE, settings.PUBLIC_URL, state.deployment}:
        raise UnknownAudience
    if scope is not None and scope.strip():
        raise UnknownScope
    token, seconds = access_tokens.mint_for_key(
        key_id=state.key_id,
        deployment=state.deployment,
        workspace=state.workspace,
        secret=state.number,
        generation=state.generation,
        ends_at=state.ends_at,
    )
    if seconds <= 0:
        raise _refuse(state, Reason.SECRET_ENDED, _ended(timezone.now()), origin)
    if state.first_used_at is None:
        _record_first_use(state, origin)
    else:
        usage.record_use(state, origin)
    return AccessToken(token=token, seconds=seconds)


@sensitive_variables("secret")
def authenticate(key_id: str, secret: KeySecret, *, origin: Origin) -> SecretState:
    """The state of a secret that is the key's and opens something.

    Raises:
        InvalidCredentials, TooManyFailures: for whatever reason; if this very pair keeps failing.
        CredentialsRefused: if the key is disabled or the secret has ended; recorded.
        SlotsBusy: if no slot for argon2 comes free.
    """
    if not credentials.has_genuine_tag(secret):
        raise InvalidCredentials
    state = credential_state.by_fingerprint(credentials.fingerprints(secret), key_id=key_id)
    pair = _Pair(key_id, secret, state)
    if pair.has_failed_too_often:
        raise TooManyFailures
    state = _authenticated(secret, state)
    if state is None:
        pair.count_failure()
        raise InvalidCredentials
    logs.set_caller(Kind.API_KEY, state.key_id)
    if state.end is not None:
        pair.count_failure()
        raise _refuse(state, Reason.SECRET_ENDED, _ended(state.end), origin)
    if not state.is_enabled:
        pair.count_failure()
        raise _refuse(state, Reason.DISABLED, _disabled(state.disabled_at), origin)
    return state


class _Pair:
    """One pair of ID and secret and how often it has failed: some pipeline tries a dead key for ever."""

    @sensitive_variables()
    def __init__(self, key_id: str, secret: KeySecret, state: SecretState | None) -> None:
        # Where no key of that ID has this secret, another ID is no other pair: it could be made up each time.
        facts = (key_id, state.generation, state.end is None, state.is_enabled) if state else ()
        self._name = f"{credentials.fingerprint(secret).hex()} {facts}"

    @property
    def has_failed_too_often(self) -> bool:
        return ratelimit.peek("proofs", self._name) >= MOST_FAILURES

    def count_failure(self) -> None:
        ratelimit.count("proofs", self._name)


@sensitive_variables("secret")
def _authenticated(secret: KeySecret, state: SecretState | None) -> SecretState | None:
    """The state if the secret is right, read again after argon2: the key may have been disabled meanwhile."""
    if state is None:
        credentials.verify_dummy(secret)
        return None
    if verified_secrets.is_verified(state.row, state.encoded, secret):
        return state
    if not credentials.verify(secret, state.encoded, state.pepper_version):
        return None
    encoded = _rehashed(secret, state)
    verified_secrets.remember(state.row, encoded, secret)
    return credential_state.by_fingerprint(credentials.fingerprints(secret), key_id=state.key_id)


@sensitive_variables("secret")
def _rehashed(secret: KeySecret, state: SecretState) -> str:
    fingerprint = credentials.fingerprint(secret)
    if state.fingerprint == fingerprint and not credentials.needs_rehash(state.encoded, state.pepper_version):
        return state.encoded
    try:
        encoded, pepper_version = credentials.hash_secret(secret)
    except SlotsBusy:
        # The secret is verified already; the next exchange can store it anew.
        return state.encoded
    is_written = ApiKeySecret.objects.filter(pk=state.row, encoded=state.encoded).update(
        encoded=encoded, pepper_version=pepper_version, fingerprint=fingerprint
    )
    return encoded if is_written else state.encoded


def _refuse(state: SecretState, reason: Reason, sentence: str, origin: Origin) -> CredentialsRefused:
    usage.record_refusal(state, reason, origin)
    return CredentialsRefused(reason, sentence)


def _record_first_use(state: SecretState, origin: Origin) -> None:
    """Write the first use before the token is handed out, unless the secret was replaced this moment.

    Issuing anew locks the same row and refuses once this has been written: of the two exactly one happens.
    """
    now = timezone.now()
    with transaction.atomic():
        if not usage.note_use(state.key_id, now, origin):
            raise InvalidCredentials
        is_first = use_writes.write_first_use(state.row, now, origin)
        if not is_first and not ApiKeySecret.objects.filter(pk=state.row, ended_at=None).exists():
            raise InvalidCredentials
        usage.count_use(state.key_id, now.date(), 1)
        if not is_first:
            return
        audit.record(
            state.principal(origin),
            "tokenIssued",
            workspace=state.workspace,
            deployment=state.deployment,
            target=state.key_id,
            input={"secret": state.number, "firstUse": True},
        )


def _disabled(since: datetime | None) -> str:
    when = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return f"This API key is disabled{when}. An Admin of its Workspace can enable it."


def _ended(at: datetime) -> str:
    return f"This key secret ended on {at:%Y-%m-%d %H:%M} UTC. Use the newer secret of this API key."
