"""A disk of which a test says how much is left."""

from types import SimpleNamespace
from typing import Any

from django.conf import settings

from cloudui.web import disk


class Left:
    """What is left above the reserve.

    Attributes:
        free: bytes.
        files: how many can be made.
    """

    def __init__(self, free: int) -> None:
        self.free = free
        self.files = 1_000_000

    def clear(self) -> None:
        self.free = -1

    def statvfs(self, _folder: Any) -> SimpleNamespace:
        free = settings.DISK_RESERVE_MIB * disk.MIB + self.free
        return SimpleNamespace(f_bavail=free, f_frsize=1, f_files=1_000_000, f_favail=self.files)
