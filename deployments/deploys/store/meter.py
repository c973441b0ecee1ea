"""What a version takes on the disk, counted while it is unpacked."""

import sys
from collections.abc import Iterable, Iterator

from cloudui.web.disk import Space
from deployments.deploys.store.refusal import BLOCK_BYTES, TooLarge


class Meter:
    """Counts whole blocks, one at least for each file and folder, so that small files are not free.

    Raises TooLarge, with `refusal`, beyond `most_bytes`, and NoSpace when the disk is full.
    """

    def __init__(
        self, space: Space | None = None, *, most_bytes: int = sys.maxsize, refusal: str = ""
    ) -> None:
        self._space = space
        self._most_bytes = most_bytes
        self._refusal = refusal
        self.stored = 0

    def add_folder(self) -> None:
        self._add(BLOCK_BYTES)
        self._use(BLOCK_BYTES)

    def add_file(self, size: int, pieces: Iterable[memoryview]) -> Iterator[memoryview]:
        """Count a file, and pass on its pieces as they are written; TooLarge comes before the first piece."""
        taken = max(size + -size % BLOCK_BYTES, BLOCK_BYTES)
        self._add(taken)
        for piece in pieces:
            self._use(len(piece))
            yield piece
        self._use(taken - size)

    def _add(self, size: int) -> None:
        self.stored += size
        if self.stored > self._most_bytes:
            raise TooLarge(self._refusal)

    def _use(self, size: int) -> None:
        if self._space is not None:
            self._space.use(size)
