"""What an Airflow that runs here may see: nothing of the console, of other Deployments or of foreign processes.

A DAG is a stranger's program. Each process of an Airflow has a file system and a list of processes of its own, made by
bubblewrap: the system's programs, its own folders, its own DAGs. Where Cloud UI runs as root, it is also a user of its
own. Its network is that of the machine, so what listens there has to ask for a password.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from django.conf import settings

from deployments.airflow.runner.airflow_settings import PLUGINS
from deployments.airflow.runner.environments import Environment
from deployments.airflow.runner.place import Place, State, write_private
from deployments.deploys.store.bundles import Bundle

BUBBLEWRAP: Final = "bwrap"
# Links to folders of /usr on systems of today, folders on others.
SYSTEM: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# Names, certificates, libraries and the time; who may sign in to the machine is not among them.
ETC: Final = (  # noqa: SIM905 - words read best as words
    "alternatives ca-certificates hosts host.conf ld.so.cache ld.so.conf ld.so.conf.d localtime mime.types "
    "nsswitch.conf pki protocols resolv.conf services ssl timezone"
).split()
PROBE_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Isolation:
    """Whether DAGs are kept from the console; if not, `reason` says why."""

    works: bool
    reason: str = ""

    @property
    def is_enough(self) -> bool:
        """Without it Airflows run only for who works at the machine itself."""
        return self.works or bool(settings.PUBLIC.is_local)

    @property
    def warning(self) -> str:
        """What to tell who starts the console; empty if nothing."""
        if self.works:
            return ""
        could = (
            "a DAG that runs here could read what this user can: the console's keys and database, other "
            "Deployments and the memory of its processes"
        )
        if self.is_enough:
            return f"DAGs are not kept from the console, because {self.reason}: {could}. Run only your own."
        return (
            f"No Airflow runs on this machine, because {self.reason}, and {could}. Install bubblewrap (Debian and "
            "Ubuntu: apt-get install bubblewrap), or connect Airflows that run elsewhere."
        )


@functools.cache
def isolation() -> Isolation:
    """What this machine can give, tried once."""
    program = shutil.which(BUBBLEWRAP)
    if program is None:
        return Isolation(works=False, reason="bubblewrap is not installed")
    try:
        said = subprocess.run(  # noqa: S603 - bubblewrap, by its path
            [program, *_system(), "--proc", "/proc", "--dev", "/dev", "--unshare-pid", *_become(0), "true"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=PROBE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Isolation(works=False, reason=f"bubblewrap cannot be run ({type(error).__name__})")
    if said.returncode:
        return Isolation(works=False, reason=f"bubblewrap fails here ({said.stderr.strip()[:200]})")
    return Isolation(works=True)


def user_of(state: State) -> int | None:
    """The user that its processes are; None for that of the console, which then is not root."""
    return state.user if isolation().works and os.geteuid() == 0 else None


def confine(
    command: Sequence[str],
    place: Place,
    state: State,
    environment: Environment,
    *,
    sees_accounts: bool = False,
) -> list[str]:
    """The command, within what it may see; as it is where this machine cannot do that."""
    if not isolation().works:
        return list(command)
    _write_names(place, state)
    readable = [environment.path, PLUGINS, Bundle(place.path.name).path, place.secrets]
    if not environment.base.is_relative_to("/usr"):
        readable.append(environment.base)
    writable = [place.home, place.temporary, *([place.accounts] if sees_accounts else [])]
    return [
        shutil.which(BUBBLEWRAP) or BUBBLEWRAP,
        *_system(),
        *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"),  # noqa: S108
        *("--dir", "/run", "--dir", "/var", "--perms", "1777", "--dir", "/var/tmp"),  # noqa: S108
        *("--bind", str(place.temporary), "/tmp"),  # noqa: S108 - its own
        *("--ro-bind", str(place.path / "passwd"), "/etc/passwd"),
        *("--ro-bind", str(place.path / "group"), "/etc/group"),
        *_ways_to([*readable, *writable]),
        *chain.from_iterable(("--ro-bind", str(path), str(path)) for path in readable),
        *chain.from_iterable(("--bind", str(path), str(path)) for path in writable),
        *("--chdir", str(place.home)),
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent"),
        *_become(state.user),
        *command,
    ]


def _ways_to(paths: Sequence[Path]) -> list[str]:
    """The folders above each, empty but for it. Those that bubblewrap makes by itself are closed to other users."""
    above = {parent for path in paths for parent in path.parents}
    return [word for folder in sorted(above - {Path("/"), Path("/tmp")}) for word in ("--dir", str(folder))]  # noqa: S108


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            arguments += ["--ro-bind", name, name]
    arguments += ["--dir", "/etc"]
    for name in ETC:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return arguments


def _become(user: int) -> list[str]:
    """Root makes the namespaces and then is a user without rights; others have rights in them that end there."""
    if os.geteuid() == 0:
        number = str(user or 65_534)
        return [
            "setpriv",
            *("--reuid", number, "--regid", number, "--clear-groups", "--no-new-privs"),
            *("--inh-caps=-all", "--bounding-set=-all"),
        ]
    return ["--unshare-user"]


def _write_names(place: Place, state: State) -> None:
    """The names of users, which programs look up; those of the machine are nobody's business."""
    number = state.user if os.geteuid() == 0 else os.getuid()
    group = state.user if os.geteuid() == 0 else os.getgid()
    for name, line in (
        ("passwd", f"airflow:x:{number}:{group}::{place.home}:/bin/sh\n"),
        ("group", f"airflow:x:{group}:\n"),
    ):
        path = place.path / name
        if not path.exists() or path.read_text() != line:
            write_private(path, line)
            path.chmod(0o644)
