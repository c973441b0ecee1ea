"""The archive as a stream: counted, hashed and decompressed, with one piece of `PIECE` bytes in memory at a time."""

import hashlib
import zlib
from collections.abc import Generator, Iterator
from typing import Final, Protocol

from deployments.deploys.store.refusal import MIB, Limits, Refused, TooLarge

PIECE: Final = 64 * 1024
GZIP: Final = b"\x1f\x8b"
# zlib: a gzip header and trailer (with its checksum and length), and the largest window.
GZIP_WINDOW: Final = 31
# What else people send, by its first bytes.
OTHERS: Final = {
    b"PK": "a zip file",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
}
# Each costs the copy of a piece. bgzip makes one of every 64 KiB.
MOST_MEMBERS: Final = 10_000
FOLLOWED: Final = "Data follows the end of the archive."
ENDS_EARLY: Final = "The archive ends too early: it is cut off, or is no tar archive."


class Readable(Protocol):
    """Something that bytes come out of, such as a request."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""
        ...


class ArchiveStream:
    """The uncompressed bytes of a tar or tar.gz, which is recognised by its content."""

    def __init__(self, source: Readable, *, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._hash = hashlib.sha256()
        self._sent = 0
        self._unpacked = 0
        self._pieces = self._plain()
        self._piece = memoryview(b"")

    @property
    def checksum(self) -> str:
        """SHA-256 of what was sent so far, in hexadecimal."""
        return self._hash.hexdigest()

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes, for small things such as headers; Refused if the archive ends before."""
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Exactly `size` bytes, piece by piece; Refused if the archive ends before."""
        while size:
            if not self._piece and not self._advance():
                raise Refused(ENDS_EARLY)
            found, self._piece = self._piece[:size], self._piece[size:]
            size -= len(found)
            yield found

    def rest(self) -> Iterator[memoryview]:
        while self._piece or self._advance():
            found, self._piece = self._piece, memoryview(b"")
            yield found

    # Private

    def _advance(self) -> bool:
        self._piece = memoryview(next(self._pieces, b""))
        self._unpacked += len(self._piece)
        if self._unpacked > self._limits.unpacked:
            raise TooLarge(f"The archive unpacks to more than {self._limits.unpacked // MIB} MiB.")
        return bool(self._piece)

    def _receive(self) -> bytes:
        received = self._source.read(PIECE)
        self._hash.update(received)
        self._sent += len(received)
        if self._sent > self._limits.sent:
            raise TooLarge(f"The archive is larger than {self._limits.sent // MIB} MiB.")
        return received

    def _plain(self) -> Iterator[bytes]:
        received = self._receive()
        # A slow sender's first piece may be a single byte.
        while 0 < len(received) < max(map(len, OTHERS)) and (more := self._receive()):
            received += more
        if not received:
            raise Refused("The archive is empty.")
        for start, what in OTHERS.items():
            if received.startswith(start):
                raise Refused(f"Send a tar or tar.gz archive. This is {what}.")
        if received.startswith(GZIP):
            yield from self._decompressed(received)
            return
        while received:
            yield received
            received = self._receive()

    def _decompressed(self, received: bytes) -> Iterator[bytes]:
        """The content of all gzip members in a row (RFC 1952 section 2.2); zeros behind each are padding."""
        members = 0
        while received:
            members += 1
            if members > MOST_MEMBERS:
                raise TooLarge(f"The archive has more than {MOST_MEMBERS:,} gzip members.")
            received = yield from self._member(received)
            while not (received := received.lstrip(b"\0")) and (more := self._receive()):
                received = more
            while 0 < len(received) < len(GZIP) and (more := self._receive()):
                received += more
            if received and not received.startswith(GZIP):
                raise Refused(FOLLOWED)

    def _member(self, received: bytes) -> Generator[bytes, None, bytes]:
        """The content of one gzip member; what was received of what follows it is returned."""
        decompressor = zlib.decompressobj(wbits=GZIP_WINDOW)
        while not decompressor.eof:
            try:
                piece = decompressor.decompress(received, PIECE)
            except zlib.error as error:
                raise Refused("The gzip compression of the archive is damaged.") from error
            if piece:
                yield piece
            received = decompressor.unconsumed_tail
            # A full piece may leave more inside although all input is used up.
            if not received and len(piece) < PIECE and not decompressor.eof:
                received = self._receive()
                if not received:
                    raise Refused(ENDS_EARLY)
        return decompressor.unused_data
