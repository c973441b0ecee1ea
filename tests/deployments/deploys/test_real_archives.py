"""Archives as people's own tools make them, and the remedies that a refusal names."""

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from deployments.deploys.store.refusal import Refused
from deployments.deploys.store.unpacking import check, unpack
from tests.deployments.deploys.archives import FORMS, HELLO, MALICIOUS, Dripping, files, read, zipped

NAMES = {
    "macOS screenshot": "Screenshot 2026-03-01 at 9.41.00\u202fAM.png",
    "no-break space": "a\u00a0b.py",
    "ideographic space": "\u5168\u3000\u89d2.py",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.py",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3.py",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467.md",
    "red heart": "\u2764\ufe0f.md",
    "flag of England": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.md",
    "decomposed": "cafe\u0301.py",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_takes_names_as_people_write_them(tmp_path, form, name):
    unpack(io.BytesIO(files({NAMES[name]: b"1"}, form=form)), tmp_path / "new")
    assert read(tmp_path / "new") == {NAMES[name]: b"1"}


@pytest.mark.parametrize("name", ["Icon\r", "pictures/Icon\r", "._Icon\r"])
def test_the_icon_of_a_folder_is_left_out(tmp_path, name):
    found = unpack(io.BytesIO(files({name: b"1" * 600, "a.py": b"2"})), tmp_path / "new")
    assert (found.file_count, found.size) == (1, 1)
    assert read(tmp_path / "new") == {"a.py": b"2"}


def _a_folder(place: Path) -> Path:
    folder = place / "dags"
    for name, content in HELLO.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("top", ["", ".", "./"])
def test_takes_a_folder_as_tarfile_adds_it(tmp_path, form, top):
    with tarfile.open(tmp_path / "a.tar", "w", format=form) as tar:
        tar.add(_a_folder(tmp_path), arcname=top)

    with (tmp_path / "a.tar").open("rb") as sent:
        unpack(sent, tmp_path / "new")

    assert read(tmp_path / "new") == HELLO


GZIP_FORMS = {
    "two members": lambda data: zipped(data[:700]) + zipped(data[700:]),
    "countless members": lambda data: (
        b"".join(zipped(data[at : at + 1]) for at in range(3000)) + zipped(data[3000:])
    ),
    "an empty member": lambda data: zipped(b"") + zipped(data) + zipped(b""),
    "padding": lambda data: zipped(data) + bytes(10_000),
    "padding between members": lambda data: zipped(data[:700]) + bytes(5) + zipped(data[700:]) + bytes(1),
}


@pytest.mark.parametrize("sender", [io.BytesIO, Dripping])
@pytest.mark.parametrize("form", GZIP_FORMS)
def test_takes_gzip_as_other_readers_do(tmp_path, form, sender):
    sent = GZIP_FORMS[form](files())
    assert gzip.decompress(sent) == files()

    unpack(sender(sent), tmp_path / "new")

    assert read(tmp_path / "new") == HELLO


@pytest.mark.parametrize(
    ("refused", "remedy"),
    [
        (["-V", "label"], ["--format=pax"]),
        (["-S"], []),
        (["-S", "--format=pax"], []),
        ([], ["-h", "--hard-dereference"]),
    ],
    ids=["label", "sparse", "sparse in pax", "links"],
)
def test_the_remedy_of_a_refusal_works_with_tar(tmp_path, refused, remedy):
    folder = _a_folder(tmp_path)
    if "-S" in refused:
        with (folder / "holes.bin").open("wb") as file:
            file.seek(1024 * 1024)
            file.write(b"end")
    elif not refused:
        (folder / "soft.py").symlink_to("hello.py")
        (folder / "hard.py").hardlink_to(folder / "hello.py")

    def pack(options: list[str]) -> io.BytesIO:
        command = ["tar", *options, "-cf", "-", "-C", str(folder), "."]
        return io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)

    with pytest.raises(Refused, match=r"which is refused: .* Pack it with "):
        unpack(pack(refused), tmp_path / "refused")
    unpack(pack(remedy), tmp_path / "taken")
    assert read(tmp_path / "taken") == read(folder)


@pytest.mark.parametrize("kind", ["symbolic link", "duplicate", "truncated gzip", "large file", "no file"])
def test_a_check_refuses_what_unpacking_would(kind):
    make, reason = MALICIOUS[kind]
    with pytest.raises(Refused, match=reason):
        check(io.BytesIO(make()))


def test_a_check_says_what_unpacking_would(tmp_path):
    assert check(io.BytesIO(files())) == unpack(io.BytesIO(files()), tmp_path / "new")
