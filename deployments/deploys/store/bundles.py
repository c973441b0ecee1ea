"""The versions of each Deployment's DAGs on disk, and which of them Airflow reads.

    <root>/<release name>/current -> versions/<deploy id>
    <root>/<release name>/versions/<deploy id>/...      each whole: it appears there by one rename
    <root>/<release name>/incoming/<deploy id>/...      being received
    <root>/<release name>/deployment                    the identifier of the Deployment
    <root>/.locks/<deployment id>                       held by whoever changes any of this

Whatever writes here is called only while the Deployment's lock is held.
"""

import functools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from django.conf import settings

from cloudui.web import disk
from cloudui.web.disk import Space
from cloudui.web.filelocks import FileLocks
from cloudui.web.ids import IdConverter
from deployments.deploys.store.meter import Meter
from deployments.deploys.store.refusal import LIMITS, Limits
from deployments.deploys.store.stream import Readable
from deployments.deploys.store.unpacking import FOLDER_MODE, Unpacked, sync_one, unpack

CURRENT: Final = "current"
VERSIONS: Final = "versions"
INCOMING: Final = "incoming"
OWNER: Final = "deployment"
LOCKS: Final = ".locks"
PRIVATE: Final = 0o700
# What the astro client names the folder that it packs, and adds to it.
BASE: Final = "dags"
DAG_OF_CLIENT: Final = "astronomer_monitoring_dag.py"
# So that a pipeline gone wild does not keep all threads of a process waiting for one Deployment.
MOST_WAITING: Final = 4
IDENTIFIER: Final = re.compile(IdConverter.regex)
RELEASE_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class Busy(Exception):
    """The lock is held: the versions of this Deployment are being changed right now."""


class Bundle:
    """The versions of one Deployment."""

    def __init__(self, release_name: str) -> None:
        if not RELEASE_NAME.fullmatch(release_name):
            raise ValueError(f"{release_name!r} is no release name.")
        self.path = root() / release_name

    @property
    def owner(self) -> str:
        try:
            return (self.path / OWNER).read_text().strip()
        except FileNotFoundError:
            return ""

    @property
    def current(self) -> str:
        try:
            return (self.path / CURRENT).readlink().name
        except FileNotFoundError:
            return ""

    @property
    def versions(self) -> dict[str, float]:
        """The versions that are here, each with the time when it was unpacked (seconds since 1970)."""
        with suppress(FileNotFoundError), os.scandir(self.path / VERSIONS) as entries:
            return {
                entry.name: entry.stat().st_mtime for entry in entries if IDENTIFIER.fullmatch(entry.name)
            }
        return {}

    def has(self, version: str) -> bool:
        return bool(IDENTIFIER.fullmatch(version)) and (self.path / VERSIONS / version).is_dir()

    def make_place(self, owner: str) -> None:
        """Make the folders of a Deployment that has none yet."""
        for folder in (self.path, self.path / VERSIONS, self.path / INCOMING):
            _ensure(folder, FOLDER_MODE)
        if self.owner != owner:
            fresh = self.path / f"{OWNER}.new"
            fresh.write_text(f"{owner}\n")
            fresh.replace(self.path / OWNER)
        sync_one(self.path)

    def receive(
        self,
        version: str,
        source: Readable,
        *,
        owner: str,
        limits: Limits = LIMITS,
        meter: Meter | None = None,
        has_base: bool = False,
    ) -> Unpacked:
        """Unpack an archive as a version that is not active yet; raises as `unpack`, and then nothing of it stays.

        With `has_base` the DAGs may lie in a folder of their own, as the `astro` client packs them: then that is the
        version, so that modules beside a DAG are found as with any other deploy.
        """
        incoming = self.path / INCOMING / version
        self.make_place(owner)
        try:
            unpacked = unpack(source, incoming, limits=limits, meter=meter)
            base = _base_in(incoming) if has_base else incoming
            base.rename(self.path / VERSIONS / version)
            if base != incoming:
                incoming.rmdir()
        except BaseException:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        sync_one(self.path / VERSIONS)
        return unpacked

    def activate(self, version: str) -> None:
        """Have Airflow read this version from the next moment on: one rename, so that there is always one."""
        if not self.has(version):
            raise FileNotFoundError(version)
        link, fresh = self.path / CURRENT, self.path / f"{CURRENT}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path(VERSIONS, version))
        fresh.replace(link)
        sync_one(self.path)

    def deactivate(self) -> None:
        (self.path / CURRENT).unlink(missing_ok=True)

    def remove(self, version: str) -> None:
        """Delete the files of a version; ValueError for the current one."""
        if version == self.current:
            raise ValueError("The current version stays.")
        # What is being deleted is no longer whole, so it does not lie among the versions meanwhile.
        leaving = self.path / INCOMING / version
        with suppress(FileNotFoundError):
            (self.path / VERSIONS / version).rename(leaving)
        shutil.rmtree(leaving, ignore_errors=True)

    def delete_leftovers(self) -> None:
        with suppress(FileNotFoundError), os.scandir(self.path / INCOMING) as entries:
            for entry in entries:
                shutil.rmtree(entry.path, ignore_errors=True)

    def remove_all(self) -> None:
        # First of all, so that whoever still reads finds nothing rather than half of it.
        self.deactivate()
        shutil.rmtree(self.path, ignore_errors=True)


def root() -> Path:
    """The folder of the store (setting `DAGS_ROOT`)."""
    return Path(settings.DAGS_ROOT)


def bundles() -> Iterator[Bundle]:
    """Whatever lies in the store under a release name."""
    with suppress(FileNotFoundError), os.scandir(root()) as entries:
        for name in sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False)):
            if RELEASE_NAME.fullmatch(name):
                yield Bundle(name)


@contextmanager
def hold(deployment_id: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Be the only one to change the versions of a Deployment, on all machines that share the store.

    The lock ends with its process: whoever gets it knows that nobody else is at work. Raises Busy after
    `wait_seconds`.
    """
    _ensure(root(), FOLDER_MODE)
    _ensure(root() / LOCKS, PRIVATE)
    held = _lock(root() / LOCKS / deployment_id).acquire(timeout=wait_seconds)
    if held is None:
        raise Busy
    try:
        yield
    finally:
        held.release()


@contextmanager
def reserved(size: int, *, wait_seconds: float = 0) -> Iterator[Space]:
    """Space in the store for a version of `size` bytes, until it is written; raises as `cloudui.web.disk.reserve`."""
    _ensure(root(), FOLDER_MODE)
    space = disk.reserve(root(), size, wait_seconds=wait_seconds)
    try:
        yield space
    finally:
        space.release()


def require_space(size: int) -> None:
    """Raise as `cloudui.web.disk.reserve` unless the store has space for `size` bytes now; nothing is kept."""
    _ensure(root(), FOLDER_MODE)
    disk.require_space(root(), size)


def delete_lock(deployment_id: str) -> None:
    """Delete the lock of a Deployment that is gone. Whoever waits for it finds that there is none."""
    (root() / LOCKS / deployment_id).unlink(missing_ok=True)


# Private


def _base_in(folder: Path) -> Path:
    """The only thing in a folder, if it is what the `astro` client packs: `dags`, or whatever has its own DAG in it."""
    children = list(folder.iterdir())
    if (
        len(children) == 1
        and children[0].is_dir()
        and (children[0].name == BASE or (children[0] / DAG_OF_CLIENT).is_file())
    ):
        return children[0]
    return folder


def _ensure(folder: Path, mode: int) -> None:
    """Make a folder with this mode whatever the umask; one that is there keeps its own."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
        folder.chmod(mode)


@functools.cache
def _lock(path: Path) -> FileLocks:
    return FileLocks([path], most_waiting=MOST_WAITING)
