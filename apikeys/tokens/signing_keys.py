"""The keys that sign access tokens: made at first need, published before they sign, rotated without a gap.

Three states. *Next* is published and waits; *current* signs; *retired* verifies what it signed until the last
of that has ended. Rotation moves each one step and makes a new next one, so a verifier always knows a key
before the first token made with it. Burning removes a key at once, and with it every token it signed.
"""

import secrets
import string
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from django.db import Error, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from joserfc.jwk import OKPKey

from apikeys.models.signing_key import SigningKey, State
from cloudui.web import encryption
from cloudui.web.principal import Principal
from workspaces import audit

PURPOSE: Final = "signing"
KID_LENGTH: Final = 16
# Each process reads the keys again after this time: so long a burnt key may still be believed.
CACHE_SECONDS: Final = 10.0
# A key that was made since then is looked for when a token names it, no more often than this.
LOOK_AGAIN_SECONDS: Final = 1.0
# The longest life of any token (a person's, and the most that ACCESS_TOKEN_SECONDS allows), and the time for
# processes and clocks to agree.
LONGEST_TOKEN: Final = timedelta(hours=24)
GRACE: Final = timedelta(minutes=2)
# How long a key is published before it may sign: verifiers keep what they fetched for some minutes.
PUBLISH_AHEAD: Final = timedelta(minutes=5)

_ALPHABET: Final = string.ascii_letters + string.digits


class TooEarly(Exception):
    """The next key is so young that verifiers may not know it yet."""

    def __init__(self, ready_at: Any) -> None:
        super().__init__(f"The next key may sign from {ready_at:%H:%M:%S} UTC on.")


class UnknownKey(Exception):
    """There is no signing key of this ID."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys as this process knows them, by their ID; `verifiers` are public and those of all believed tokens."""

    kid: str
    signer: OKPKey
    verifiers: Mapping[str, OKPKey]


def keys() -> SigningKeys:
    """The keys, read from the database at most every 10 s and made if there are none yet."""
    return _cache.get()


def verifier(kid: str) -> OKPKey | None:
    """The public key of this ID, None if there is none.

    One that this process has not read yet may sign already, after two rotations in ten seconds for example.
    """
    key = keys().verifiers.get(kid)
    if key is None and len(kid) == KID_LENGTH:
        _cache.look_again()
        key = keys().verifiers.get(kid)
    return key


def clear_cache() -> None:
    """Read the keys again at the next use."""
    _cache.clear()


def published() -> dict[str, Any]:
    """The JSON Web Key Set of every key whose tokens are believed (RFC 7517 section 5)."""
    return {
        "keys": [
            {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": "EdDSA"}
            for kid, key in keys().verifiers.items()
        ]
    }


def ensure() -> None:
    """Make the current and the next key where they are missing. Processes that do so at once agree."""
    present = set(SigningKey.objects.exclude(state=State.RETIRED).values_list("state", flat=True))
    missing = [_new(state) for state in (State.CURRENT, State.NEXT) if state not in present]
    if missing:
        # Whoever comes second meets the constraint on the state, and that key is dropped unused.
        SigningKey.objects.bulk_create(missing, ignore_conflicts=True)


def rotate(principal: Principal, *, at_once: bool = False) -> SigningKey:
    """Let the next key sign, retire the current one and publish a new next one.

    Raises TooEarly if the next key was made less than 5 minutes ago, unless it is to sign `at_once`.
    """
    with transaction.atomic():
        ensure()
        rows = {row.state: row for row in _locked_rows() if row.state != State.RETIRED}
        ready_at = rows[State.NEXT].created_at + PUBLISH_AHEAD
        if ready_at > timezone.now() and not at_once:
            raise TooEarly(ready_at)
        rows[State.CURRENT].retired_at = timezone.now()
        _move(rows[State.CURRENT], State.RETIRED)
        _promote(rows[State.NEXT])
        audit.record(principal, "rotateSigningKey", target=rows[State.NEXT].kid)
    clear_cache()
    return rows[State.NEXT]


def burn(principal: Principal, kid: str) -> None:
    """Remove a key: what it signed is refused, here at once and elsewhere within 10 s. UnknownKey if there is none."""
    with transaction.atomic():
        ensure()
        rows = {row.kid: row for row in _locked_rows()}
        burnt = rows.get(kid)
        if burnt is None:
            raise UnknownKey
        state = burnt.state
        burnt.delete()
        if state == State.CURRENT:
            _promote(next(row for row in rows.values() if row.state == State.NEXT))
        ensure()
        audit.record(principal, "burnSigningKey", target=kid, input={"state": state})
    clear_cache()


@sensitive_variables()
def reencrypt_keys() -> int:
    """Encrypt with the newest field key what an older one holds; returns how many keys that were."""
    with transaction.atomic():
        stale = [row for row in _locked_rows() if encryption.needs_reencryption(bytes(row.private))]
        for row in stale:
            plain = encryption.decrypt(bytes(row.private), PURPOSE, row.kid)
            row.private = encryption.encrypt(plain, PURPOSE, row.kid)
            row.save(update_fields=["private"])
    return len(stale)


def delete_expired() -> int:
    """Delete retired keys whose last token has ended; returns how many."""
    oldest = timezone.now() - LONGEST_TOKEN - GRACE
    deleted, _ = SigningKey.objects.filter(state=State.RETIRED, retired_at__lt=oldest).delete()
    return deleted


class _Cache:
    """The keys of this process and when they were read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: SigningKeys | None = None
        self._stale_at = 0.0
        self._looked_again_at = float("-inf")
        self._failure: Error | None = None
        self._failed_at = float("-inf")

    def get(self) -> SigningKeys:
        known = self._keys
        asked_at = time.monotonic()
        if known is None or asked_at >= self._stale_at:
            with self._lock:
                if self._keys is None or time.monotonic() >= self._stale_at:
                    self._renew(asked_at)
                known = cast("SigningKeys", self._keys)
        return known

    def _renew(self, asked_at: float) -> None:
        if self._failure is not None and self._failed_at >= asked_at:
            # It failed while we waited for the lock. Each for itself would wait for the database in turn.
            raise type(self._failure)(*self._failure.args) from self._failure.__cause__
        try:
            self._keys = _read()
        except Error as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise
        self._failure = None
        self._stale_at = time.monotonic() + CACHE_SECONDS

    def look_again(self) -> None:
        with self._lock:
            if time.monotonic() - self._looked_again_at >= LOOK_AGAIN_SECONDS:
                self._looked_again_at = time.monotonic()
                self._stale_at = 0.0

    def clear(self) -> None:
        with self._lock:
            self._keys = None
            self._looked_again_at = float("-inf")


_cache: Final = _Cache()


@sensitive_variables()
def _read() -> SigningKeys:
    rows = list(SigningKey.objects.all())
    if {State.CURRENT, State.NEXT} - {row.state for row in rows}:
        ensure()
        rows = list(SigningKey.objects.all())
    rows.sort(key=lambda row: (State.values.index(row.state), row.kid))
    private = {row.kid: _private_key(row) for row in rows}
    current = next(row.kid for row in rows if row.state == State.CURRENT)
    return SigningKeys(
        kid=current,
        signer=private[current],
        verifiers={kid: OKPKey.import_key(key.as_dict(private=False)) for kid, key in private.items()},
    )


@sensitive_variables()
def _private_key(row: SigningKey) -> OKPKey:
    return OKPKey.import_key(encryption.decrypt(bytes(row.private), PURPOSE, row.kid))


@sensitive_variables()
def _new(state: State) -> SigningKey:
    kid = "".join(secrets.choice(_ALPHABET) for _ in range(KID_LENGTH))
    key = OKPKey.generate_key("Ed25519", private=True)
    return SigningKey(
        kid=kid, private=encryption.encrypt(key.as_pem(private=True), PURPOSE, kid), state=state
    )


def _locked_rows() -> list[SigningKey]:
    list(SigningKey.objects.select_for_update().order_by("kid").values_list("pk"))
    # Whoever was waited for has made a key that the first look could not see.
    return list(SigningKey.objects.order_by("kid"))


def _promote(row: SigningKey) -> None:
    _move(row, State.CURRENT)
    SigningKey.objects.bulk_create([_new(State.NEXT)])


def _move(row: SigningKey, state: State) -> None:
    row.state = state
    row.save(update_fields=["state", "retired_at"])
