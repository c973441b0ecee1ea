"""Keys whose bytes the tests know, in place of the installation's."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from apikeys import credentials
from cloudui.web.keyring import Keyring


def key(byte: int) -> bytes:
    """32 times the same byte."""
    return bytes([byte]) * 32


def ring(**versions: dict[int, bytes]) -> Keyring:
    """One version of each key that credentials use, unless `versions` say otherwise."""
    keys = {"mac": {1: key(1)}, "pepper": {1: key(2)}, "fingerprint": {1: key(3)}}
    return Keyring(lambda: {**keys, **versions})


@contextmanager
def known_keys() -> Iterator[None]:
    """Let credentials use them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "keyring", ring())
        yield


@contextmanager
def counted_argon2() -> Iterator[list[str]]:
    """One entry for each argon2 that credentials run."""
    runs: list[str] = []

    @contextmanager
    def counted() -> Iterator[None]:
        runs.append("argon2")
        yield

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "slots", SimpleNamespace(argon2_slot=counted))
        yield runs
