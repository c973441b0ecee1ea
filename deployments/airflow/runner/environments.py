"""The Python environments of the Airflows that can run here, one for each version, from hashed requirement files."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

REQUIREMENTS: Final = Path(settings.BASE_DIR) / "requirements"
FILE: Final = re.compile(r"airflow-(\d+\.\d+\.\d+)\.txt")
MARKER: Final = "cloudui.json"
LOCK: Final = ".lock"
# By the major version of Airflow: the versions of Python that it runs on. Its files begin at 3.11, as Cloud UI does.
PYTHONS: Final = {
    "2": ("3.12", "3.11"),
    "3": ("3.12", "3.13", "3.11", "3.14"),
}
_FACTS: Final = (
    "import ensurepip, json, sys, venv; print(json.dumps(['%d.%d' % sys.version_info[:2], sys.base_prefix]))"
)
PROBE_SECONDS: Final = 20
INSTALL_SECONDS: Final = 15 * 60

Say = Callable[[str], None]


class NotInstalled(Exception):
    """There is no environment, and none can be made; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that is whole; `base` is the folder of the Python that it was made with."""

    airflow_version: str
    path: Path
    base: Path

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"


@dataclass(frozen=True, slots=True)
class _Made:
    digest: str
    base: str


def versions() -> list[str]:
    """The versions of Airflow that can run here, the newest first."""
    found = [match[1] for path in REQUIREMENTS.iterdir() if (match := FILE.fullmatch(path.name))]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def find(airflow_version: str) -> Environment | None:
    """The environment of this version, None if it is not there, or not from the requirements of today."""
    path = _root() / airflow_version
    try:
        made = _Made(**json.loads((path / MARKER).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if made.digest != _digest(airflow_version) or not (path / "bin" / "python").exists():
        return None
    return Environment(airflow_version, path, Path(made.base))


def install(airflow_version: str, say: Say) -> Environment:
    """Make the environment unless it is there; takes about half a minute. Raises NotInstalled, with what to do.

    Two at once take turns. `say` gets a line of progress now and then.
    """
    if airflow_version not in versions():
        offered = " and ".join(versions())
        raise NotInstalled(
            f"Airflow {airflow_version} cannot run here, only {offered}. Choose another runtime."
        )
    with _alone(airflow_version):
        if found := find(airflow_version):
            return found
        python, base = find_python(airflow_version)
        path = _root() / airflow_version
        shutil.rmtree(path, ignore_errors=True)
        say(f"Installing Airflow {airflow_version} with {python} ...")
        try:
            _run([python, "-m", "venv", str(path)], lambda _: None)
            _install_packages(airflow_version, path, say)
            made = _Made(_digest(airflow_version), base)
            (path / MARKER).write_text(json.dumps(asdict(made)))
        except OSError as error:
            raise NotInstalled(f"The folder {path} could not be made ({error.strerror}).") from error
        say(f"Airflow {airflow_version} is installed.")
    return Environment(airflow_version, path, Path(base))


def find_python(airflow_version: str) -> tuple[str, str]:
    """A Python on which this Airflow runs, and its folder. Raises NotInstalled, which says what to install."""
    supported = PYTHONS[airflow_version.partition(".")[0]]
    named = os.environ.get("AIRFLOW_PYTHON", "")
    for candidate in [named] if named else [*(f"python{version}" for version in supported), "python3"]:
        for program in _programs(candidate):
            with suppress(OSError, ValueError, subprocess.SubprocessError):
                said = subprocess.run(  # noqa: S603 - an operator's Python
                    [program, "-c", _FACTS], capture_output=True, check=True, timeout=PROBE_SECONDS
                )
                version, base = json.loads(said.stdout)
                if version in supported:
                    return program, base
    wanted = ", ".join(supported)
    raise NotInstalled(
        f"Airflow {airflow_version} needs Python {wanted} with the module venv, and none was found. Install one "
        f"(Debian and Ubuntu: apt-get install python{supported[0]}-venv), or name it: AIRFLOW_PYTHON=/path/to/python."
    )


# Private


def _root() -> Path:
    return Path(settings.AIRFLOW_ENVIRONMENTS)


def _digest(airflow_version: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"airflow-{airflow_version}.txt").read_bytes()).hexdigest()


def _programs(name: str) -> Iterator[str]:
    """All programs of this name. The first may be a stand-in that finds no Python of its own."""
    for folder in os.get_exec_path():
        if found := shutil.which(name, path=folder):
            yield found


@contextmanager
def _alone(airflow_version: str) -> Iterator[None]:
    _root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (_root() / f"{LOCK}-{airflow_version}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install_packages(airflow_version: str, path: Path, say: Say) -> None:
    requirements = REQUIREMENTS / f"airflow-{airflow_version}.txt"
    number, collected = sum(line[:1].isalnum() for line in requirements.read_text().splitlines()), 0

    def count(line: str) -> None:
        nonlocal collected
        if line.startswith("Collecting "):
            collected += 1
            if not collected % 25:
                say(f"Airflow {airflow_version}: {collected} of about {number} packages fetched")
        elif line.startswith("Installing collected packages"):
            say(f"Airflow {airflow_version}: all packages fetched, unpacking them ...")

    pip = [str(path / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    # A password of a package index would be in what pip prints, so only a line of ours is passed on.
    _run([*pip, "--require-hashes", "--requirement", str(requirements)], count)


def _run(command: list[str], line: Callable[[str], None]) -> None:
    last = ""
    with subprocess.Popen(  # noqa: S603 - of this module
        [shutil.which("nice") or "nice", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for printed in process.stdout or ():
            line(printed)
            last = printed.strip() or last
    if process.returncode:
        raise NotInstalled(f"{' '.join(command[1:4])} failed, and said at last: {last[:300]}")
