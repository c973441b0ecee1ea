"""Archives for tests: good ones, and one of each kind that must be refused."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

FORMS = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}

Entry = tuple[tarfile.TarInfo, bytes]

HELLO: Final = {"hello.py": b"print('hello')\n", "lib/shared.py": b"ANSWER = 42\n"}


def entry(name: str, content: bytes = b"x", **fields: Any) -> Entry:
    """A member of an archive, a file unless `type` says otherwise."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def link(name: str, to: str, kind: bytes) -> Entry:
    return entry(name, b"", type=kind, linkname=to)


def archive(entries: Iterable[Entry], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A plain tar of these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def files(contents: dict[str, bytes] = HELLO, *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A plain tar of these files."""
    return archive([entry(name, content) for name, content in contents.items()], form=form)


def zipped(data: bytes) -> bytes:
    return gzip.compress(data)


def raw(name: bytes, *, kind: bytes = b"0", size: int = 0, content: bytes = b"") -> bytes:
    """One member written by hand, for what tarfile does not write."""
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:136] = b"0000644\0" + b"0000000\0" + b"0000000\0" + b"%011o\0" % size
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + content + bytes(-len(content) % 512)


def pax(records: bytes, *, kind: bytes = b"x") -> bytes:
    return raw(b"pax", kind=kind, size=len(records), content=records)


def record(keyword: str, value: str) -> bytes:
    """`<length> <keyword>=<value>`, whose length counts itself."""
    rest = f" {keyword}={value}\n".encode()
    length = len(rest) + 1
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


class Dripping:
    """A sender so slow that every read brings a single byte."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, _size: int, /) -> bytes:
        return self._data.read(1)


def read(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


END: Final = bytes(1024)


def bomb() -> bytes:
    """Two kilobytes a megabyte: more than is taken, sent small."""
    chunk = bytes(1024 * 1024)
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as packed:
        for number in range(300):
            packed.write(raw(b"f%03d" % number, size=len(chunk), content=chunk))
        packed.write(END)
    return buffer.getvalue()


def large_file() -> bytes:
    """One file of 65 MiB."""
    size = 65 * 1024 * 1024
    return zipped(raw(b"large", size=size, content=bytes(size)) + END)


def many(number: int) -> bytes:
    return zipped(b"".join(raw(b"f%d" % index) for index in range(number)) + END)


def deep() -> bytes:
    """Each name is allowed; the folders that they mention are too many together."""
    return zipped(
        b"".join(raw(b"%d/" % index + b"/".join([b"d"] * 40) + b"/f") for index in range(300)) + END
    )


# What it is -> how it is made, and a part of the reason.
MALICIOUS: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "absolute path": (lambda: archive([entry("/etc/passwd")]), "Absolute paths are refused: /etc/passwd"),
    "parent": (lambda: archive([entry("../../outside.py")]), "Names with .. are refused"),
    "parent in the middle": (lambda: archive([entry("a/../../b.py")]), "Names with .. are refused"),
    "parent in a pax header": (
        lambda: pax(record("path", "../x")) + raw(b"fine.py") + END,
        "Names with .. are refused: ../x",
    ),
    "parent in a GNU long name": (
        lambda: raw(b"@", kind=b"L", size=5, content=b"../x\0") + raw(b"fine.py") + END,
        "Names with .. are refused: ../x",
    ),
    "parent in the prefix": (lambda: _with_prefix(b"..", b"x.py") + END, "Names with .. are refused"),
    "backslash": (lambda: archive([entry("..\\..\\x.py")]), "Backslashes"),
    "line break in a name": (
        lambda: archive([entry("a\nb.py")]),
        "character U+000A. Rename it, or leave it out: a<U+000A>b.py",
    ),
    "null in a name": (lambda: pax(record("path", "a\0b")) + raw(b"a") + END, "a<U+0000>b"),
    "turned text in a name": (lambda: archive([entry("\u0645a\u202eyp.b")]), ": \u0645a<U+202E>yp.b"),
    "filler in a name": (lambda: archive([entry("dag\u3164.py")]), ": dag<U+3164>.py"),
    "carriage return in a folder": (lambda: archive([entry("Icon\r/a.py")]), ": Icon<U+000D>/a.py"),
    "joiner that joins nothing": (lambda: archive([entry("dag\u200d.py")]), ": dag<U+200D>.py"),
    "empty name": (lambda: raw(b"") + END, "empty"),
    "top folder as a file": (lambda: raw(b"/") + END, "damaged"),
    "not UTF-8": (lambda: raw(b"\xff.py") + END, "not UTF-8"),
    "long name": (lambda: archive([entry("d/" * 119 + "abc")]), "longer than 240 characters"),
    "long part": (lambda: archive([entry("\U0001f600" * 64)]), "longer than 255 bytes"),
    "symbolic link": (lambda: archive([link("x", "/etc", tarfile.SYMTYPE)]), "a symbolic link"),
    "link and file through it": (
        lambda: archive([link("x", "/tmp", tarfile.SYMTYPE), entry("x/y")]),
        "a symbolic link",
    ),
    "hard link": (lambda: archive([entry("a"), link("b", "a", tarfile.LNKTYPE)]), "a hard link"),
    "long link": (
        lambda: raw(b"@", kind=b"K", size=2, content=b"a\0") + raw(b"x", kind=b"2"),
        "a symbolic link, which is refused: x. Pack it with tar -h,",
    ),
    "long hard link": (
        lambda: raw(b"@", kind=b"K", size=2, content=b"a\0") + raw(b"x", kind=b"1"),
        "a hard link, which is refused: x. Pack it with tar --hard-dereference,",
    ),
    "long link of a file": (lambda: raw(b"@", kind=b"K", size=2, content=b"a\0") + raw(b"x") + END, "a link"),
    "two long links": (lambda: raw(b"@", kind=b"K", size=2, content=b"a\0") * 2 + raw(b"x"), "neither file"),
    "link in a pax header": (
        lambda: pax(record("linkpath", "/etc")) + raw(b"x") + END,
        "tar -h --hard-deref",
    ),
    "global link": (
        lambda: pax(record("linkpath", "/etc"), kind=b"g") + raw(b"x") + END,
        "to all its members",
    ),
    "character device": (lambda: archive([entry("null", b"", type=tarfile.CHRTYPE)]), "a device"),
    "block device": (lambda: archive([entry("disk", b"", type=tarfile.BLKTYPE)]), "a device"),
    "named pipe": (lambda: archive([entry("pipe", b"", type=tarfile.FIFOTYPE)]), "a named pipe"),
    "sparse file": (
        lambda: raw(b"s", kind=b"S") + END,
        "a sparse file, which is refused: s. Pack it with GNU",
    ),
    "pax sparse file": (
        lambda: pax(record("GNU.sparse.major", "1") + record("GNU.sparse.name", "a.py")) + raw(b"s") + END,
        "a sparse file, which is refused: a.py. Pack it with GNU tar without -S, or with bsdtar and --no-read-sparse.",
    ),
    "global sparse": (
        lambda: pax(record("GNU.sparse.major", "1"), kind=b"g") + raw(b"s") + END,
        "to all its members",
    ),
    "label": (
        lambda: raw(b"backup", kind=b"V") + files(),
        "a label, which is refused: backup. Pack it with tar without -V",
    ),
    "multi-volume": (
        lambda: raw(b"s", kind=b"M") + END,
        "another volume, which is refused: s. Pack it with tar without -M",
    ),
    "incremental": (lambda: raw(b"d/", kind=b"D") + END, "incremental backup, which is refused: d/. Pack it"),
    "contiguous file": (lambda: raw(b"s", kind=b"7") + END, "neither file nor folder"),
    "unknown kind": (lambda: raw(b"s", kind=b"Z") + END, "neither file nor folder"),
    "global name": (lambda: pax(record("path", "x"), kind=b"g") + raw(b"a") + END, "to all its members"),
    "two extended headers": (
        lambda: pax(record("path", "x")) + pax(record("path", "y")) + raw(b"a") + END,
        "neither file nor folder",
    ),
    "two names": (
        lambda: raw(b"@", kind=b"L", size=2, content=b"x\0") + pax(record("path", "y")) + raw(b"a") + END,
        "two names",
    ),
    "one record twice": (lambda: pax(record("size", "0") * 2) + raw(b"a") + END, "damaged"),
    "record that lies about its length": (lambda: pax(b"99 path=x\n") + raw(b"a") + END, "damaged"),
    "record without length": (lambda: pax(b"path=x\n") + raw(b"a") + END, "damaged"),
    "huge record length": (lambda: pax(b"9" * 5000 + b" path=x\n") + raw(b"a") + END, "damaged"),
    "negative size": (lambda: pax(record("size", "-1")) + raw(b"a") + END, "damaged"),
    "long extended header": (lambda: raw(b"p", kind=b"x", size=10**6) + END, "longer than any name"),
    "countless records": (lambda: pax(record("a", "") * 101) + raw(b"a") + END, "over 100 records"),
    "countless global headers": (
        lambda: pax(record("comment", "x"), kind=b"g") * 2 + raw(b"a") + END,
        "neither file nor folder",
    ),
    "size in a pax header": (lambda: pax(record("size", str(10**9))) + raw(b"a") + END, "larger than 64 MiB"),
    "size beyond octal digits": (lambda: _gnu_size(2**36) + END, "larger than 64 MiB"),
    "duplicate": (lambda: archive([entry("a.py"), entry("a.py")]), "something twice: a.py"),
    "duplicate in other words": (lambda: archive([entry("d/a.py"), entry("./d//a.py")]), "something twice"),
    "file, then folder": (lambda: archive([entry("a"), entry("a/b")]), "as a file and as a folder: a"),
    "folder, then file": (lambda: archive([entry("a/b"), entry("a")]), "something twice: a"),
    "folder twice": (lambda: archive([entry("a", b"", type=tarfile.DIRTYPE)] * 2), "something twice: a"),
    "file as the top": (lambda: archive([entry("./.")]), "something twice"),
    "folder with content": (lambda: raw(b"d/", kind=b"5", size=512, content=bytes(512)) + END, "damaged"),
    "nothing sent": (lambda: b"", "The archive is empty."),
    "no file": (lambda: archive([]), "holds no file"),
    "only folders": (lambda: archive([entry("a", b"", type=tarfile.DIRTYPE)]), "holds no file"),
    "empty gzip": (lambda: zipped(b""), "ends too early"),
    "garbage": (lambda: b"garbage " * 300, "damaged, or is no tar"),
    "short garbage": (lambda: b"hello", "ends too early"),
    "garbage in gzip": (lambda: zipped(b"garbage " * 300), "damaged, or is no tar"),
    "damaged in the middle": (lambda: files()[:1024] + b"?" * 512 + files()[1536:], "damaged, or is no tar"),
    "damaged checksum": (lambda: files().replace(b"hello.py", b"hallo.py", 1), "damaged, or is no tar"),
    "not octal": (lambda: raw(b"a").replace(b"00000000000\0", b"0000000000x\0", 1) + END, "damaged"),
    "truncated in a header": (lambda: files()[:700], "ends too early"),
    "truncated in a file": (lambda: files({"a": b"x" * 2000})[:1024], "ends too early"),
    "truncated between files": (lambda: files()[:1024], "ends too early"),
    "one block of the end": (lambda: files()[:1024] + bytes(512), "ends too early"),
    "half an end": (lambda: files()[:1024] + bytes(512) + files(), "damaged"),
    "extended header at the end": (lambda: pax(record("path", "x")) + END, "damaged"),
    "truncated gzip": (lambda: zipped(files())[:-4], "ends too early"),
    "damaged gzip": (lambda: zipped(files())[:-8] + bytes(8), "compression of the archive is damaged"),
    "data behind the end": (lambda: files() + b"x", "Data follows the end"),
    "archive behind the end": (lambda: files() + files(), "Data follows the end"),
    "data behind the gzip": (lambda: zipped(files()) + b"x", "Data follows the end"),
    "gzip behind the gzip": (lambda: zipped(files()) * 2, "Data follows the end"),
    "cut off in the second member": (
        lambda: zipped(files()[:1024]) + zipped(files()[1024:])[:-4],
        "ends too early",
    ),
    "half a sign of gzip behind the gzip": (lambda: zipped(files()) + b"\0\x1f", "Data follows the end"),
    "data behind zeros behind the gzip": (lambda: zipped(files()) + bytes(9) + b"x", "Data follows the end"),
    "countless gzip members": (lambda: zipped(b"") * 10_001, "more than 10,000 gzip members"),
    "countless icons": (lambda: zipped(raw(b"Icon\r") * 10_001 + END), "more than 10,000 files and folders"),
    "data behind the end in gzip": (lambda: zipped(files() + b"x"), "Data follows the end"),
    "zip": (lambda: b"PK\x03\x04" + bytes(600), "a zip file"),
    "bzip2": (lambda: b"BZh91AY" + bytes(600), "bzip2"),
    "xz": (lambda: b"\xfd7zXZ\0" + bytes(600), "xz"),
    "zstd": (lambda: b"\x28\xb5\x2f\xfd" + bytes(600), "Zstandard"),
    "bomb": (bomb, "unpacks to more than 256 MiB"),
    "bomb of zeros": (lambda: zipped(files() + bytes(257 * 1024 * 1024)), "unpacks to more than 256 MiB"),
    "large file": (large_file, "larger than 64 MiB"),
    "100,000 entries": (lambda: many(100_000), "more than 10,000 files and folders"),
    "too many folders": (deep, "more than 10,000 files and folders"),
}


def _gnu_size(size: int) -> bytes:
    info = tarfile.TarInfo("a")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def _with_prefix(prefix: bytes, name: bytes) -> bytes:
    block = bytearray(raw(name))
    block[345 : 345 + len(prefix)] = prefix
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)
