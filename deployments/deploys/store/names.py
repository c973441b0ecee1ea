"""Which names the files of an archive may have, and that no two of them clash."""

import re
from typing import Final

from cloudui.web.characters import find_invisible
from deployments.deploys.store.refusal import Limits, Refused, TooLarge, quoted

# What Linux file systems take (NAME_MAX).
LONGEST_PART_BYTES: Final = 255
# The top folder as Python's tarfile names it for add(folder, arcname="").
TOP: Final = "/"
# What the Finder of macOS puts beside files to show a folder's picture; its name ends with a control character.
_FINDER_ICON: Final = re.compile(rb"(?:.*/)?(?:\._)?Icon\r")

Parts = tuple[str, ...]


def parts_of(raw: bytes, *, limits: Limits) -> Parts:
    """The folders and the name of one member, `()` for the archive's own top folder (`./`).

    Refused if it could lead out of the folder, if file systems read it in different ways, or if it cannot be seen.
    """
    try:
        name = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"A name is not UTF-8: {quoted(raw.decode(errors='backslashreplace'))}") from error
    if len(name) > limits.name:
        raise Refused(f"A name is longer than {limits.name} characters: {quoted(name)}")
    if not name:
        raise Refused("A name is empty.")
    if (invisible := find_invisible(name)) is not None:
        raise Refused(
            f"A name has the invisible character U+{ord(invisible):04X}. Rename it, or leave it out: {quoted(name)}"
        )
    if name == TOP:
        return ()
    if name.startswith("/"):
        raise Refused(f"Absolute paths are refused: {quoted(name)}")
    if "\\" in name:
        raise Refused(f"Backslashes in names are refused: {quoted(name)}")
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    if ".." in parts:
        raise Refused(f"Names with .. are refused: {quoted(name)}")
    if any(len(part.encode()) > LONGEST_PART_BYTES for part in parts):
        raise Refused(f"A name is longer than {LONGEST_PART_BYTES} bytes: {quoted(name)}")
    return parts


def is_left_out(raw: bytes) -> bool:
    """Whether a file is not unpacked, because no DAG needs it and nobody can name it otherwise."""
    return bool(_FINDER_ICON.fullmatch(raw))


class Tree:
    """All names of one archive so far."""

    def __init__(self, *, limits: Limits) -> None:
        self._limits = limits
        self._files: set[Parts] = set()
        self._left_out = 0
        # True once a member of its own stood for the folder; until then only names mention it.
        self._folders: dict[Parts, bool] = {(): False}

    @property
    def file_count(self) -> int:
        return len(self._files)

    def add_folder(self, parts: Parts) -> list[Parts]:
        """Take a folder (Refused if it came before or is a file); the folders to make for it, outermost first."""
        if self._folders.get(parts):
            raise Refused(f"The archive names something twice: {quoted('/'.join(parts) or './')}")
        new = self._folders_to(parts)
        self._folders[parts] = True
        self._count()
        return new

    def add_file(self, parts: Parts) -> list[Parts]:
        """Take a file (Refused if it came before, is a folder or lies in a file); folders to make, outermost first."""
        if parts in self._files or parts in self._folders:
            raise Refused(f"The archive names something twice: {quoted('/'.join(parts) or './')}")
        new = self._folders_to(parts[:-1])
        self._files.add(parts)
        self._count()
        return new

    def leave_out(self) -> None:
        """Take a file that is not unpacked; it counts among the entries."""
        self._left_out += 1
        self._count()

    # Private

    def _folders_to(self, parts: Parts) -> list[Parts]:
        new = []
        for end in range(1, len(parts) + 1):
            folder = parts[:end]
            if folder in self._files:
                raise Refused(
                    f"The archive names something as a file and as a folder: {quoted('/'.join(folder))}"
                )
            if folder not in self._folders:
                self._folders[folder] = False
                new.append(folder)
        return new

    def _count(self) -> None:
        if len(self._files) + len(self._folders) - 1 + self._left_out > self._limits.entries:
            raise TooLarge(f"The archive has more than {self._limits.entries:,} files and folders.")
