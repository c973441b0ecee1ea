"""The headers of a tar archive, read strictly.

Why not Python's `tarfile`: it takes a damaged header in the middle for the end of the archive (half a deploy
would pass for a whole one), reads extended headers into memory whatever their size, and believes what they
say about sparse files. What is read here is what today's tools write: ustar, pax (POSIX.1-2017, pax
interchange format) and the long names of GNU tar.
"""

from dataclasses import dataclass
from typing import Final

from deployments.deploys.store.refusal import Refused, quoted
from deployments.deploys.store.stream import ArchiveStream

BLOCK: Final = 512
ZEROS: Final = bytes(BLOCK)
# Names have 240 characters at most, and nobody needs more words about a file than this.
LONGEST_EXTENDED: Final = 64 * 1024
# Millions of tiny ones fit into a small archive, and each takes time.
MOST_RECORDS: Final = 100
# More than any size has; Python takes its time with thousands of them.
MOST_DIGITS: Final = 19

FILE_TYPES: Final = b"0\0"
FOLDER: Final = b"5"
PAX: Final = b"x"
PAX_GLOBAL: Final = b"g"
GNU_LONG_NAME: Final = b"L"
REFUSED_TYPES: Final = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"K": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
    b"S": "a sparse file",
}
DAMAGED: Final = "The archive is damaged, or is no tar archive."


@dataclass(frozen=True, slots=True)
class Member:
    """A file or a folder, as its headers describe it."""

    name: bytes
    is_folder: bool
    size: int


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    kind: bytes
    size: int


def next_member(stream: ArchiveStream) -> Member | None:
    """Read up to the content of the next member; None at the archive's end, which must be the stream's.

    Args:
        stream: at the start of a header.

    Raises:
        Refused: for links, devices and whatever else is neither file nor folder, for damage, and for data
            behind the end.
    """
    long_name: bytes | None = None
    extended: dict[str, bytes] | None = None
    has_global = False
    while True:
        block = stream.take(BLOCK)
        if block == ZEROS:
            if long_name is not None or extended is not None:
                raise Refused(DAMAGED)
            _expect_end(stream)
            return None
        header = _parse(block)
        if header.kind == PAX and extended is None:
            extended = _pax_records(_extended_content(stream, header), is_global=False)
        elif header.kind == PAX_GLOBAL and extended is None and long_name is None and not has_global:
            has_global = True
            _pax_records(_extended_content(stream, header), is_global=True)
        elif header.kind == GNU_LONG_NAME and long_name is None:
            long_name = _extended_content(stream, header).removesuffix(b"\0")
        else:
            return _member(header, long_name=long_name, extended=extended or {})


def padding(size: int) -> int:
    """How many bytes follow `size` bytes of content up to the next header."""
    return -size % BLOCK


# Private


def _member(header: _Header, *, long_name: bytes | None, extended: dict[str, bytes]) -> Member:
    if long_name is not None and "path" in extended:
        raise Refused(f"The archive gives two names to one member: {_quoted_bytes(long_name)}")
    name = extended.get("path", header.name if long_name is None else long_name)
    size = _decimal(extended["size"]) if "size" in extended else header.size
    if header.kind in REFUSED_TYPES:
        raise Refused(
            f"The archive holds {REFUSED_TYPES[header.kind]}, which is refused: {_quoted_bytes(name)}"
        )
    # Before there was a type for folders, they were files whose name ends with a slash.
    is_folder = header.kind == FOLDER or (header.kind == b"\0" and name.endswith(b"/"))
    if not is_folder and header.kind not in FILE_TYPES:
        raise Refused(f"The archive holds something that is neither file nor folder: {_quoted_bytes(name)}")
    if (is_folder and size) or (not is_folder and name.endswith(b"/")):
        raise Refused(DAMAGED)
    return Member(name=name, is_folder=is_folder, size=size)


def _parse(block: bytes) -> _Header:
    """One header block (POSIX.1-2017, ustar interchange format)."""
    stated = _number(block[148:156])
    if sum(block) - sum(block[148:156]) + 8 * ord(" ") != stated:
        raise Refused(DAMAGED)
    name = _text(block[:100])
    # GNU tar uses the room of the prefix for other things.
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = prefix + b"/" + name
    return _Header(name=name, kind=block[156:157], size=_number(block[124:136]))


def _extended_content(stream: ArchiveStream, header: _Header) -> bytes:
    if header.size > LONGEST_EXTENDED:
        raise Refused("The archive has a header that is longer than any name can be.")
    content = stream.take(header.size)
    stream.take(padding(header.size))
    return content


def _pax_records(content: bytes, *, is_global: bool) -> dict[str, bytes]:
    """The records `<length> <keyword>=<value>` that change what a member is: its name and its size."""
    found: dict[str, bytes] = {}
    start = count = 0
    while start < len(content):
        count += 1
        if count > MOST_RECORDS:
            raise Refused(f"The archive has a header of over {MOST_RECORDS} records.")
        length_text, space, _ = content[start : start + MOST_DIGITS + 1].partition(b" ")
        end = start + _decimal(length_text)
        record = content[start + len(length_text) + 1 : end]
        keyword, equals, value = record[:-1].partition(b"=")
        if not space or not equals or end > len(content) or record[-1:] != b"\n":
            raise Refused(DAMAGED)
        _refuse_dangerous(keyword, is_global=is_global)
        if keyword in {b"path", b"size"}:
            if keyword.decode() in found:
                raise Refused(DAMAGED)
            found[keyword.decode()] = value
        start = end
    return found


def _refuse_dangerous(keyword: bytes, *, is_global: bool) -> None:
    if keyword == b"linkpath":
        raise Refused("The archive holds a link, which is refused.")
    if keyword.startswith(b"GNU.sparse.") or keyword == b"SCHILY.realsize":
        raise Refused("The archive holds a sparse file, which is refused.")
    if is_global and keyword in {b"path", b"size"}:
        raise Refused("The archive gives one name or size to all its members.")


def _expect_end(stream: ArchiveStream) -> None:
    """A second block of zeros, then nothing but zeros, which tools add to fill their records."""
    if stream.take(BLOCK) != ZEROS:
        raise Refused(DAMAGED)
    for piece in stream.rest():
        if piece != bytes(len(piece)):
            raise Refused("Data follows the end of the archive.")


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    if field[:1] == b"\x80":
        # GNU's way to write what needs more than the octal digits that fit.
        return int.from_bytes(field[1:], "big")
    digits = _text(field).strip(b" ")
    if digits.strip(b"01234567"):
        raise Refused(DAMAGED)
    return int(digits or b"0", 8)


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > MOST_DIGITS:
        raise Refused(DAMAGED)
    return int(digits)


def _quoted_bytes(name: bytes) -> str:
    return quoted(name.decode(errors="backslashreplace"))
