"""Proving a key secret and exchanging it for an access token (design.md 6.2, 6.4, 7).

The order of the checks is the defence. The tag comes first: what was never issued here costs one HMAC, no query
and no argon2, whatever the key ID. Then one query finds the row, and one argon2 proves the secret against it, or
against nothing where there is no row, so that an unknown key costs what a wrong one costs. Only who has proved
possession learns anything more than "no".
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apikeys import credential_state as standing
from apikeys import credentials, usage
from apikeys.credential_state import Standing
from apikeys.credentials import KeySecret
from apikeys.models import ApiKeySecret, Reason
from apikeys.tokens import access_tokens, verified_secrets
from cloudui.web import ratelimit
from cloudui.web.principal import Origin
from cloudui.web.slots import SlotsBusy
from workspaces import audit

# The name under which the command-line client asks for this API, whatever it is called.
CLI_AUDIENCE: Final = "astronomer-ee"
# Failures of one pair of ID and secret in a minute, beyond which it is refused without another argon2.
MOST_FAILURES: Final = 30


class Unproven(Exception):
    """Nothing shows that the caller has a secret of that key: forged, unknown, deleted or another key's."""


class TooManyFailures(Exception):
    """The same pair of ID and secret has failed 30 times in this minute."""


class Refused(Exception):
    """The secret is genuine and proved, and still opens nothing; the text tells its holder why."""

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
class Granted:
    """An access token.

    Attributes:
        token: the token, for the answer and nothing else.
        seconds: how long it lives.
    """

    token: str = field(repr=False)
    seconds: int


@sensitive_variables("secret")
def exchange(
    key_id: str, secret: KeySecret, *, audience: str | None, scope: str | None, origin: Origin
) -> Granted:
    """An access token for a key ID and its secret.

    Args:
        key_id: as the caller gave it.
        secret: as the caller gave it.
        audience: what the token is asked for. It decides nothing: a token is always for this installation
            and the key's own Deployment.
        scope: what else the token is asked for; nothing can be.
        origin: where the caller is.

    Raises:
        Unproven, TooManyFailures, Refused: as `prove` does.
        TooManyExchanges: if the key asks too often; the token it has would serve as well.
        UnknownAudience: if it is neither this installation nor the key's own Deployment.
        UnknownScope: if there is one.
        SlotsBusy: if no slot for argon2 comes free.
    """
    proved = prove(key_id, secret, origin=origin)
    if ratelimit.count("exchanges", proved.key_id) > settings.EXCHANGES_PER_MINUTE:
        usage.record_refusal(proved, Reason.TOO_MANY_EXCHANGES, origin)
        raise TooManyExchanges
    if audience not in {None, CLI_AUDIENCE, settings.PUBLIC_URL, proved.deployment}:
        raise UnknownAudience
    if scope is not None and scope.strip():
        raise UnknownScope
    token, seconds = access_tokens.mint_for_key(
        key_id=proved.key_id,
        deployment=proved.deployment,
        workspace=proved.workspace,
        secret=proved.number,
        generation=proved.generation,
        ends_at=proved.ends_at,
    )
    if seconds <= 0:
        raise _refuse(proved, Reason.SECRET_ENDED, _ended(timezone.now()), origin)
    if proved.first_used_at is None:
        _record_first_use(proved, origin)
    else:
        usage.record_use(proved, origin)
    return Granted(token=token, seconds=seconds)


@sensitive_variables("secret")
def prove(key_id: str, secret: KeySecret, *, origin: Origin) -> Standing:
    """The secret's row, once the caller has proved possession and the secret opens something.

    Raises:
        Unproven: for whatever reason; the caller must not learn which.
        TooManyFailures: if this very pair keeps failing.
        Refused: if the key is disabled or the secret has ended; recorded.
        SlotsBusy: if no slot for argon2 comes free.
    """
    if not credentials.has_genuine_tag(secret):
        raise Unproven
    found = standing.by_fingerprint(credentials.fingerprints(secret), key_id=key_id)
    pair = _Pair(key_id, secret, found)
    if pair.has_failed_too_often:
        raise TooManyFailures
    if not _is_proved(secret, found) or found is None:
        pair.count_failure()
        raise Unproven
    if found.end is not None:
        pair.count_failure()
        raise _refuse(found, Reason.SECRET_ENDED, _ended(found.end), origin)
    if not found.is_enabled:
        pair.count_failure()
        raise _refuse(found, Reason.DISABLED, _disabled(found.disabled_at), origin)
    return found


class _Pair:
    """One pair of ID and secret and how often it has failed.

    A pipeline that nobody looks after tries a dead key for ever, and each attempt would cost an argon2. Only
    this pair is refused for it, and only as long as nothing changes about the key.
    """

    @sensitive_variables()
    def __init__(self, key_id: str, secret: KeySecret, found: Standing | None) -> None:
        # Where no key of that ID has this secret, another ID is no other pair: it could be made up each time.
        state = (key_id, found.generation, found.end is None, found.is_enabled) if found else ()
        self._name = f"{credentials.fingerprint(secret).hex()} {state}"

    @property
    def has_failed_too_often(self) -> bool:
        return ratelimit.peek("proofs", self._name) >= MOST_FAILURES

    def count_failure(self) -> None:
        ratelimit.count("proofs", self._name)


@sensitive_variables("secret")
def _is_proved(secret: KeySecret, found: Standing | None) -> bool:
    if found is None:
        credentials.verify_dummy(secret)
        return False
    if verified_secrets.is_verified(found.row, found.encoded, secret):
        return True
    if not credentials.verify(secret, found.encoded, found.pepper_version):
        return False
    encoded = _rehashed(secret, found)
    verified_secrets.remember(found.row, encoded, secret)
    return True


@sensitive_variables("secret")
def _rehashed(secret: KeySecret, found: Standing) -> str:
    """Store the secret as new ones are, if parameters, pepper or fingerprint key have changed since."""
    fingerprint = credentials.fingerprint(secret)
    if found.fingerprint == fingerprint and not credentials.needs_rehash(found.encoded, found.pepper_version):
        return found.encoded
    try:
        encoded, pepper_version = credentials.hash_secret(secret)
    except SlotsBusy:
        # The secret is proved already; the next exchange can store it anew.
        return found.encoded
    is_written = ApiKeySecret.objects.filter(pk=found.row, encoded=found.encoded).update(
        encoded=encoded, pepper_version=pepper_version, fingerprint=fingerprint
    )
    return encoded if is_written else found.encoded


def _refuse(found: Standing, reason: Reason, sentence: str, origin: Origin) -> Refused:
    usage.record_refusal(found, reason, origin)
    return Refused(reason, sentence)


def _record_first_use(proved: Standing, origin: Origin) -> None:
    """Write the first use before the token is handed out, unless the secret was replaced this moment.

    Issuing the secret anew locks the same row of the key and refuses once this has been written, so of the
    two exactly one happens.
    """
    now = timezone.now()
    with transaction.atomic():
        if not usage.note_use(proved.key_id, now, origin):
            raise Unproven
        live = ApiKeySecret.objects.filter(pk=proved.row, ended_at=None)
        used = usage.last_use(now, origin)
        is_first = live.filter(first_used_at=None).update(first_used_at=now, **used)
        if not is_first and not live.exists():
            raise Unproven
        usage.count_use(proved.key_id, now.date(), 1)
        if not is_first:
            return
        audit.record(
            proved.principal(origin),
            "tokenIssued",
            workspace=proved.workspace,
            deployment=proved.deployment,
            target=proved.key_id,
            input={"secret": proved.number, "firstUse": True},
        )


def _disabled(since: datetime | None) -> str:
    when = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return f"This API key is disabled{when}. An Admin of its Workspace can enable it."


def _ended(at: datetime) -> str:
    return f"This key secret ended on {at:%Y-%m-%d %H:%M} UTC. Use the newer secret of this API key."
