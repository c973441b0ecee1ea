"""Pieces of an archive that arrive one request at a time, before somebody says that they are whole.

    <root>/.staged/<staged deploy>/<hash of a block's name>     one block each
    <root>/.staged/<staged deploy>/order                        the blocks that make up the archive, once it is whole

The names of blocks are the sender's, so they never become names of files.
"""

import hashlib
import io
import math
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from deployments.deploys.store.bundles import PRIVATE, reserved, root
from deployments.deploys.store.refusal import LIMITS, MIB, Refused, TooLarge

STAGED: Final = ".staged"
ORDER: Final = "order"
# The astro client sends a block for each MiB.
MOST_BLOCKS: Final = 1024
# What a single upload without blocks is kept as.
WHOLE: Final = "whole"


class StagedArchive:
    """The pieces of one announced deploy."""

    def __init__(self, staged_id: str) -> None:
        self.path = root() / STAGED / staged_id

    @property
    def idle_seconds(self) -> float:
        """How long nothing has arrived; infinite if nothing ever has."""
        try:
            return time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return math.inf

    def write(self, name: str, content: bytes) -> None:
        """Keep one block; a repeated one is replaced, as clients try again. Raises TooLarge, NoSpace or OSError."""
        self.path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        block = self._block(name)
        sizes = self._sizes()
        sizes[block.name] = len(content)
        if sum(sizes.values()) > LIMITS.sent:
            raise TooLarge(f"The archive is larger than {LIMITS.sent // MIB} MiB.")
        if len(sizes) > MOST_BLOCKS:
            raise TooLarge(f"The archive has more than {MOST_BLOCKS:,} blocks.")
        # A name of its own, for the same block may arrive twice at once when a client repeats it.
        fresh = block.with_suffix(f".{secrets.token_hex(8)}.new")
        try:
            with reserved(len(content)):
                fresh.write_bytes(content)
            fresh.replace(block)
        finally:
            fresh.unlink(missing_ok=True)

    def complete(self, names: Sequence[str]) -> None:
        """Say which blocks make up the archive, in this order; others are left out. Refused for missing or too many."""
        if len(names) > MOST_BLOCKS:
            raise Refused(f"The list has more than {MOST_BLOCKS:,} blocks.")
        blocks = [self._block(name) for name in names]
        if missing := [name for name, block in zip(names, blocks, strict=True) if not block.is_file()]:
            raise Refused(f"{len(missing)} of {len(names)} blocks are not here. Upload again.")
        fresh = self.path / f"{ORDER}.new"
        fresh.write_text("\n".join(block.name for block in blocks))
        fresh.replace(self.path / ORDER)

    def open(self) -> io.BufferedReader:
        return io.BufferedReader(_Blocks(self._ordered()))

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    # Private

    def _sizes(self) -> dict[str, int]:
        """What each file takes; one that another request renames meanwhile counts for that request."""
        sizes = {}
        with os.scandir(self.path) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    sizes[entry.name] = entry.stat().st_size
        sizes.pop(ORDER, None)
        return sizes

    def _block(self, name: str) -> Path:
        return self.path / hashlib.sha256(name.encode()).hexdigest()[:40]

    def _ordered(self) -> Iterator[Path]:
        for name in (self.path / ORDER).read_text().split():
            yield self.path / name


class _Blocks(io.RawIOBase):
    def __init__(self, paths: Iterator[Path]) -> None:
        self._paths = paths
        self._file: io.FileIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # any buffer that io passes
        while self._file is not None or self._advance():
            assert self._file is not None  # noqa: S101 - for mypy
            if read := self._file.readinto(buffer):
                return read
            self._file.close()
            self._file = None
        return 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()

    def _advance(self) -> bool:
        path = next(self._paths, None)
        if path is not None:
            self._file = io.FileIO(path)
        return path is not None


def staged_archives() -> Iterator[StagedArchive]:
    """Whatever lies there, also what no row knows any more."""
    with suppress(FileNotFoundError), os.scandir(root() / STAGED) as entries:
        for entry in entries:
            yield StagedArchive(entry.name)
