"""Why an archive is refused, in a sentence that helps whoever sent it."""

from dataclasses import dataclass
from typing import Final

from cloudui.web.characters import show

MIB: Final = 1024 * 1024
# File systems give space in blocks, most of them in such.
BLOCK_BYTES: Final = 4096
LONGEST_QUOTED: Final = 80


class Refused(Exception):
    """The archive is not taken; the text says why and quotes names only in visible characters."""


class TooLarge(Refused):
    """It is more than the store takes. An HTTP answer is 413 (RFC 9110 section 15.5.14)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one archive may hold: bytes, entries (also folders that only names of files mention), characters.

    `unpacked` is behind the decompressor, headers included; `name` is with its folders.
    """

    sent: int = 256 * MIB
    unpacked: int = 256 * MIB
    file: int = 64 * MIB
    entries: int = 10_000
    name: int = 240

    @property
    def stored(self) -> int:
        """Bytes that the largest version may take on the disk."""
        return self.unpacked + self.entries * BLOCK_BYTES


LIMITS: Final = Limits()


def quoted(name: str) -> str:
    """A name as a sentence may quote it: the codes of characters that nobody sees, and not too many characters."""
    visible = show(name)
    # A cut may part what joins, so it is looked at again.
    return visible if len(visible) <= LONGEST_QUOTED else f"{show(visible[:LONGEST_QUOTED])}…"
