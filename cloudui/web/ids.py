"""Identifiers that leave the system, and the path converters that recognise them.

They are random, so they reveal no order and no count, and they are valid in URLs, image paths and shells.
"""

import secrets
import string

ALPHABET = string.digits + string.ascii_lowercase
ID_LENGTH = 25
KEY_ID_LENGTH = 32


def new_id() -> str:
    """A fresh identifier of a Workspace, Deployment, Cluster, queue, deploy or user: `c` and 24 of `[0-9a-z]`, 124 bits."""
    return "c" + "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH - 1))


class IdConverter:
    """A Workspace or Deployment in a path. Nothing else at the root of the site can look like one."""

    regex = r"c[0-9a-z]{24}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class KeyIdConverter(IdConverter):
    """A key ID in a path."""

    regex = r"[0-9A-Za-z]{32}"
