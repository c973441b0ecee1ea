"""The headers of a tar archive, read strictly, as today's tools write them: ustar, pax (POSIX.1-2017), GNU long names.

Python's `tarfile` takes a damaged header in the middle for the end of the archive (half a deploy would pass for a
whole one), reads extended headers into memory whatever their size, and believes what they say about sparse files.
"""

from dataclasses import dataclass
from typing import Final

from deployments.deploys.store.refusal import Refused, quoted
from deployments.deploys.store.stream import FOLLOWED, ArchiveStream

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
GNU_LONG_LINK: Final = b"K"
_LINK: Final = "Pack it with tar -h --hard-dereference, which takes the files themselves."
_SPARSE: Final = "Pack it with GNU tar without -S, or with bsdtar and --no-read-sparse."
# What it is, and what to do.
REFUSED_TYPES: Final = {
    b"1": ("a hard link", "Pack it with tar --hard-dereference, which takes the file itself."),
    b"2": ("a symbolic link", "Pack it with tar -h, which takes the file itself."),
    b"3": ("a device", "Leave it out with tar --exclude."),
    b"4": ("a device", "Leave it out with tar --exclude."),
    b"6": ("a named pipe", "Leave it out with tar --exclude."),
    b"S": ("a sparse file", _SPARSE),
    b"V": ("a label", "Pack it with tar without -V (--label)."),
    b"M": ("the rest of a file of another volume", "Pack it with tar without -M (--multi-volume)."),
    b"D": ("a list of an incremental backup", "Pack it with tar without -g (--listed-incremental)."),
}
_LINK_RECORD: Final = "linkpath"
_SPARSE_RECORD: Final = "GNU.sparse"
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
    """The header of the next member, None at the end; Refused for links, devices, damage and data behind the end."""
    long_name: bytes | None = None
    extended: dict[str, bytes] | None = None
    has_global = is_link = False
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
        elif header.kind == GNU_LONG_LINK and not is_link:
            is_link = True
            _extended_content(stream, header)
        elif header.kind == GNU_LONG_NAME and long_name is None:
            long_name = _extended_content(stream, header).removesuffix(b"\0")
        else:
            return _member(header, long_name=long_name, extended=extended or {}, is_link=is_link)


def padding(size: int) -> int:
    """How many bytes follow `size` bytes of content up to the next header."""
    return -size % BLOCK


# Private


def _member(header: _Header, *, long_name: bytes | None, extended: dict[str, bytes], is_link: bool) -> Member:
    if long_name is not None and "path" in extended:
        raise Refused(f"The archive gives two names to one member: {_quoted_bytes(long_name)}")
    name = extended.get("path", header.name if long_name is None else long_name)
    size = _decimal(extended["size"]) if "size" in extended else header.size
    if _SPARSE_RECORD in extended:
        raise _refused("a sparse file", _SPARSE, extended[_SPARSE_RECORD] or name)
    if header.kind in REFUSED_TYPES:
        raise _refused(*REFUSED_TYPES[header.kind], name)
    # Before there was a type for folders, they were files whose name ends with a slash.
    is_folder = header.kind == FOLDER or (header.kind == b"\0" and name.endswith(b"/"))
    if not is_folder and header.kind not in FILE_TYPES:
        raise Refused(f"The archive holds something that is neither file nor folder: {_quoted_bytes(name)}")
    if is_link or _LINK_RECORD in extended:
        raise _refused("a link", _LINK, name)
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
        is_sparse = keyword.startswith(b"GNU.sparse.") or keyword == b"SCHILY.realsize"
        if is_global and (is_sparse or keyword in {b"path", b"size", b"linkpath"}):
            raise Refused("The archive gives one name or size to all its members.")
        if is_sparse:
            # Under which name the member would be written; the one in its header is made up.
            name = value if keyword == b"GNU.sparse.name" else b""
            found[_SPARSE_RECORD] = found.get(_SPARSE_RECORD) or name
        elif keyword in {b"path", b"size", b"linkpath"}:
            if keyword.decode() in found:
                raise Refused(DAMAGED)
            found[keyword.decode()] = value
        start = end
    return found


def _refused(what: str, remedy: str, name: bytes) -> Refused:
    return Refused(f"The archive holds {what}, which is refused: {_quoted_bytes(name)}. {remedy}")


def _expect_end(stream: ArchiveStream) -> None:
    """A second block of zeros, then nothing but zeros, which tools add to fill their records."""
    if stream.take(BLOCK) != ZEROS:
        raise Refused(DAMAGED)
    for piece in stream.rest():
        if piece != bytes(len(piece)):
            raise Refused(FOLLOWED)


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
