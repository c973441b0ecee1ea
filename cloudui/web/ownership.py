"""Whose files the data directory holds.

What root writes there belongs to root, and a server that runs as another user could not read it afterwards: the key
file, locks, the database, static files. So root is turned away where the directory is another user's.
"""

import os
import pwd
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def refuse_root(data_dir: Path) -> None:
    """See that this process may write to the data directory without taking it from its owner.

    Raises:
        ImproperlyConfigured: if it runs as root and the directory belongs to somebody else.
    """
    if os.geteuid() != 0 or not data_dir.exists() or (owner := data_dir.stat().st_uid) == 0:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    raise ImproperlyConfigured(
        f"{data_dir} belongs to {name}, who could not read what root writes there. "
        f"Run this as {name}: runuser -u {name} -- COMMAND"
    )
