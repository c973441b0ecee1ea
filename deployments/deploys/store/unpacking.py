"""Unpacking an archive into a fresh folder, while it is being checked."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deployments.deploys.store.meter import Meter
from deployments.deploys.store.names import Tree, is_left_out, parts_of
from deployments.deploys.store.refusal import LIMITS, MIB, Limits, Refused, TooLarge, quoted
from deployments.deploys.store.stream import ArchiveStream, Readable
from deployments.deploys.store.tar import Member, next_member, padding

# Airflow runs as somebody else and only reads.
FOLDER_MODE: Final = 0o755
FILE_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive held: bytes of all files, SHA-256 of it as sent (hexadecimal), bytes on a disk (`Meter`)."""

    size: int
    file_count: int
    checksum: str
    stored_bytes: int


def unpack(
    source: Readable, folder: Path, *, limits: Limits = LIMITS, meter: Meter | None = None
) -> Unpacked:
    """Unpack a tar or tar.gz into `folder`, which must not exist; whatever it raises, the caller removes the folder.

    Owners, modes and times in the archive count for nothing: Airflow notices a changed file by its time
    (docs/deploys.md). Raises Refused with the reason, NoSpace, or OSError if the source breaks off.
    """
    make_folder(folder)
    unpacked = _read(source, folder, limits, meter or Meter())
    sync(folder)
    return unpacked


def check(source: Readable, *, limits: Limits = LIMITS) -> Unpacked:
    """Read an archive to its end as `unpack` does, and write nothing; raises as it does."""
    return _read(source, None, limits, Meter())


def make_folder(folder: Path) -> None:
    """Make one folder that everybody may read, whatever the umask; FileExistsError if there is something already."""
    folder.mkdir()
    folder.chmod(FOLDER_MODE)


def sync(folder: Path) -> None:
    """Have the disk keep all of `folder`. After everything is written, one flush serves nearly all files."""
    for path, _, names in os.walk(folder):
        for name in names:
            sync_one(Path(path, name))
        sync_one(Path(path))


def sync_one(path: Path) -> None:
    """Have the disk keep one file, or which names a folder holds."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Private


def _read(source: Readable, folder: Path | None, limits: Limits, meter: Meter) -> Unpacked:
    stream = ArchiveStream(source, limits=limits)
    tree = Tree(limits=limits)
    size = 0
    while member := next_member(stream):
        size += _read_one(member, stream, folder, tree, limits=limits, meter=meter)
    if not tree.file_count:
        raise Refused("The archive holds no file.")
    return Unpacked(
        size=size, file_count=tree.file_count, checksum=stream.checksum, stored_bytes=meter.stored
    )


def _read_one(
    member: Member, stream: ArchiveStream, folder: Path | None, tree: Tree, *, limits: Limits, meter: Meter
) -> int:
    if not member.is_folder and is_left_out(member.name):
        tree.leave_out()
        _skip(stream, member.size)
        return 0
    parts = parts_of(member.name, limits=limits)
    if member.size > limits.file:
        raise TooLarge(f"A file is larger than {limits.file // MIB} MiB: {quoted('/'.join(parts))}")
    new_folders = tree.add_folder(parts) if member.is_folder else tree.add_file(parts)
    try:
        for new in new_folders:
            meter.add_folder()
            if folder is not None:
                make_folder(folder.joinpath(*new))
        if not member.is_folder:
            pieces = meter.add_file(member.size, stream.pieces(member.size))
            _write(pieces, None if folder is None else folder.joinpath(*parts))
            stream.take(padding(member.size))
    except FileExistsError as error:
        # Where the disk takes two different names for one, such as two that differ in case.
        raise Refused(f"The archive names something twice: {quoted('/'.join(parts))}") from error
    return member.size


def _skip(stream: ArchiveStream, size: int) -> None:
    for _ in stream.pieces(size + padding(size)):
        pass


def _write(pieces: Iterable[memoryview], path: Path | None) -> None:
    if path is None:
        for _ in pieces:
            pass
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, FILE_MODE), "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.writelines(pieces)
