"""The archive reader: what it takes is whole, and one of each kind that could do harm is refused."""

import hashlib
import io
import os
import stat
import tarfile
import tracemalloc

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloudui.web.characters import find_invisible
from deployments.deploys.store import unpacking
from deployments.deploys.store.names import parts_of
from deployments.deploys.store.refusal import LIMITS, MIB, Limits, Refused, TooLarge
from deployments.deploys.store.unpacking import unpack
from tests.deployments.deploys.archives import (
    END,
    FORMS,
    HELLO,
    MALICIOUS,
    Dripping,
    archive,
    bomb,
    entry,
    files,
    pax,
    raw,
    read,
    record,
    zipped,
)


def assert_readable(reason: str) -> None:
    assert find_invisible(reason) is None
    assert len(reason) < 300


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("pack", [bytes, zipped], ids=["tar", "tar.gz"])
def test_takes_what_tar_writes(tmp_path, form, pack):
    found = unpack(io.BytesIO(pack(files(form=form))), tmp_path / "new")

    assert read(tmp_path / "new") == HELLO
    assert (found.size, found.file_count) == (sum(map(len, HELLO.values())), 2)


def test_the_checksum_is_that_of_the_archive_as_sent(tmp_path):
    sent = zipped(files())
    assert unpack(io.BytesIO(sent), tmp_path / "new").checksum == hashlib.sha256(sent).hexdigest()


def test_takes_it_byte_by_byte(tmp_path):
    unpack(Dripping(zipped(files())), tmp_path / "new")
    assert read(tmp_path / "new") == HELLO


@pytest.mark.parametrize("form", ["pax", "gnu"])
def test_takes_long_names(tmp_path, form):
    name = "folder-" + "d" * 90 + "/" + "f" * 120 + "é.py"
    unpack(io.BytesIO(files({name: b"1"}, form=FORMS[form])), tmp_path / "new")
    assert read(tmp_path / "new") == {name: b"1"}


def test_takes_what_git_and_tar_of_a_folder_write(tmp_path):
    sent = (
        pax(record("comment", "0" * 40), kind=b"g")
        + raw(b"./", kind=b"5")
        + raw(b"./lib/", kind=b"5")
        + raw(b"./lib/a.py", size=1, content=b"a")
        + raw(b"old/", kind=b"\0")
        + raw(b"old/b.py", kind=b"\0", size=1, content=b"b")
        + bytes(10240)
    )
    unpack(io.BytesIO(sent), tmp_path / "new")
    assert read(tmp_path / "new") == {"lib/a.py": b"a", "old/b.py": b"b"}


def test_folders_may_be_named_after_what_lies_in_them(tmp_path):
    sent = archive(
        [entry("a/b/c"), entry("a/b", b"", type=tarfile.DIRTYPE), entry("a", b"", type=tarfile.DIRTYPE)]
    )
    assert unpack(io.BytesIO(sent), tmp_path / "new").file_count == 1


def test_modes_owners_and_times_of_the_archive_count_for_nothing(tmp_path):
    umask = os.umask(0o077)
    try:
        unpack(io.BytesIO(archive([entry("d/a", mode=0o6777, uid=0, mtime=1)])), tmp_path / "new")
    finally:
        os.umask(umask)
    file = tmp_path / "new/d/a"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o755
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o755
    assert file.stat().st_mtime > 10**9


@pytest.mark.parametrize("kind", MALICIOUS)
def test_refuses_with_a_reason_and_writes_nothing_elsewhere(tmp_path, kind):
    make, reason = MALICIOUS[kind]
    (tmp_path / "in").mkdir()
    with pytest.raises(Refused) as refused:
        unpack(io.BytesIO(make()), tmp_path / "in/new")

    assert reason in str(refused.value)
    is_too_much = any(word in reason for word in ("MiB", "more than"))
    assert isinstance(refused.value, TooLarge) == is_too_much
    assert_readable(str(refused.value))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert all(not path.is_symlink() for path in tmp_path.rglob("*"))


def test_an_archive_that_is_too_large_as_sent_is_refused(tmp_path):
    limits = Limits(sent=2 * MIB)
    sent = archive([entry("a", os.urandom(3 * MIB))])
    with pytest.raises(TooLarge, match="larger than 2 MiB"):
        unpack(io.BytesIO(sent), tmp_path / "new", limits=limits)


def test_a_bomb_costs_no_memory(tmp_path):
    sent = bomb()
    tracemalloc.start()
    with pytest.raises(TooLarge):
        unpack(io.BytesIO(sent), tmp_path / "new", limits=Limits(unpacked=16 * MIB))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MIB


def test_as_many_as_allowed_are_taken(tmp_path):
    sent = archive([entry(f"d/{number}") for number in range(9)])
    assert unpack(io.BytesIO(sent), tmp_path / "a", limits=Limits(entries=10)).file_count == 9
    with pytest.raises(TooLarge):
        unpack(io.BytesIO(sent), tmp_path / "b", limits=Limits(entries=9))


def test_a_disk_that_takes_two_names_for_one_is_a_refusal(tmp_path, monkeypatch):
    def exists(*_arguments: object) -> None:
        raise FileExistsError

    monkeypatch.setattr(unpacking, "_write", exists)
    with pytest.raises(Refused, match="something twice"):
        unpack(io.BytesIO(files()), tmp_path / "new")


@given(name=st.binary(max_size=300) | st.text(max_size=260).map(lambda text: text.encode(errors="replace")))
@example(b"a/./b//c")
@example(b"..")
@example(b"./")
def test_a_name_that_is_taken_stays_inside(name):
    try:
        parts = parts_of(name, limits=LIMITS)
    except Refused as refused:
        assert_readable(str(refused))
        return
    inside = os.path.normpath(os.path.join("/top", *parts))  # noqa: PTH118 - what the system would open
    assert inside == "/top" or inside.startswith("/top/")
    assert all(part not in {"", ".", ".."} and "/" not in part and "\0" not in part for part in parts)


_names = st.lists(
    st.text("abc.", min_size=1, max_size=3).filter(lambda part: part not in {".", ".."}),
    min_size=1,
    max_size=3,
).map("/".join)


@given(
    contents=st.dictionaries(_names, st.binary(max_size=1500), min_size=1, max_size=6),
    form=st.sampled_from(list(FORMS.values())),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
def test_unpacks_what_tarfile_packs(tmp_path_factory, contents, form):
    folder = tmp_path_factory.mktemp("any") / "new"
    names = set(contents)
    clash = any(other.startswith(f"{name}/") for name in names for other in names)
    try:
        unpack(io.BytesIO(files(contents, form=form)), folder)
    except Refused:
        assert clash
    else:
        assert not clash
        assert read(folder) == contents


@given(cut=st.integers(min_value=0, max_value=len(files()) - 1))
@settings(max_examples=60)
def test_no_beginning_of_an_archive_passes_for_a_whole_one(tmp_path_factory, cut):
    whole = len(files().rstrip(b"\0"))
    taken_anyway = -(-whole // 512) * 512 + len(END)
    folder = tmp_path_factory.mktemp("cut") / "new"
    if cut < taken_anyway:
        with pytest.raises(Refused):
            unpack(io.BytesIO(files()[:cut]), folder)
    elif cut % 512 == 0:
        unpack(io.BytesIO(files()[:cut]), folder)


@given(sent=st.binary(max_size=3000), at=st.integers(min_value=0, max_value=2000))
@settings(max_examples=100)
def test_damage_is_refused_and_never_a_fault(tmp_path_factory, sent, at):
    whole = files()
    folder = tmp_path_factory.mktemp("damage") / "new"
    try:
        unpack(io.BytesIO(whole[:at] + sent + whole[at + len(sent) :]), folder)
    except Refused as refused:
        assert_readable(str(refused))
