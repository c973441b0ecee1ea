"""The disk that bodies over 1 MiB wait on is never filled by them."""

import os
from typing import IO, Final

RESERVE_BYTES: Final = 512 * 1024 * 1024
EVERY_BYTES: Final = 4 * 1024 * 1024
LATER: Final = ("Retry-After", "60")


class NoSpace(Exception):
    """What is left is kept for others."""


def require_space(file: IO[bytes], received: int, more: int) -> None:
    """Look every 4 MiB whether a body may grow further.

    Raises:
        NoSpace: if less than 512 MiB would be left.
    """
    if received // EVERY_BYTES != (received - more) // EVERY_BYTES or received == more:
        free = os.fstatvfs(file.fileno())
        if free.f_bavail * free.f_frsize < RESERVE_BYTES:
            raise NoSpace
