"""The folder of an Airflow that runs here, and what only the keeper knows of it.

    <data>/airflow/<release name>/deployment          the identifier of the Deployment
    <data>/airflow/<release name>/state.json          keys, accounts, ports (0600)
    <data>/airflow/<release name>/environment.json    the variables of its processes (0600), read by the launcher
    <data>/airflow/<release name>/accounts/           passwords, seen by the API server only
    <data>/airflow/<release name>/secrets/            Airflow Variables and Connections, seen by its processes
    <data>/airflow/<release name>/home/, tmp/         its own: database, logs of tasks
    <data>/airflow/<release name>/logs/               what each process printed (deployments.airflow.runner.logs)

Its processes see the last five lines' folders except `logs`, and nothing else of the data directory.
"""

import base64
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from deployments.airflow.accounts import Account, Accounts
from deployments.deploys.store.bundles import RELEASE_NAME
from deployments.models import AirflowRole

PRIVATE: Final = 0o700
# Where a user of its own can be given: one of those that nobody keeps (systemd gives them to services for a while).
FIRST_USER: Final = 61_200
LAST_USER: Final = 65_500


@dataclass(frozen=True, slots=True, repr=False)
class State:
    """What is kept of an Airflow from start to start. It has no `repr` that could reach a log.

    `prepared` is the version of Airflow for which its database is ready; `user` the number of a user of its own.
    """

    fernet_key: str
    secret_key: str
    jwt_secret: str
    passwords: Mapping[str, str]
    port: int
    user: int
    database_password: str = ""
    prepared: str = ""

    @classmethod
    def new(cls, *, user: int) -> Self:
        return cls(
            fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            secret_key=secrets.token_urlsafe(32),
            jwt_secret=secrets.token_urlsafe(48),
            passwords={f"console-{role.value}": secrets.token_urlsafe(24) for role in AirflowRole},
            port=free_port(),
            user=user,
            database_password=secrets.token_urlsafe(24),
        )

    @property
    def accounts(self) -> Accounts:
        return {
            role: Account(f"console-{role.value}", self.passwords[f"console-{role.value}"])
            for role in AirflowRole
        }


class Place:
    """The folder of one Airflow."""

    def __init__(self, release_name: str) -> None:
        if not RELEASE_NAME.fullmatch(release_name):
            raise ValueError(f"{release_name!r} is no release name.")
        self.path = root() / release_name
        self.home = self.path / "home"
        self.temporary = self.path / "tmp"
        self.secrets = self.path / "secrets"
        self.accounts = self.path / "accounts"
        self.logs = self.path / "logs"
        self.environment_file = self.path / "environment.json"

    @property
    def owner(self) -> str:
        with suppress(FileNotFoundError):
            return (self.path / "deployment").read_text().strip()
        return ""

    def make(self, deployment_id: str) -> State:
        """Make what is missing, and return what is kept; of a Deployment that had this name before, nothing is."""
        if self.owner != deployment_id:
            self.remove()
        for folder in (self.path, self.home, self.temporary, self.secrets, self.accounts, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        (self.home / "no-dags").mkdir(exist_ok=True)
        write_private(self.path / "deployment", f"{deployment_id}\n")
        with suppress(FileNotFoundError):
            return State(**json.loads((self.path / "state.json").read_text()))
        return self.keep(State.new(user=_free_user()))

    @sensitive_variables()
    def keep(self, state: State, **changes: Any) -> State:
        changed = replace(state, **changes)
        write_private(self.path / "state.json", json.dumps(asdict(changed)))
        return changed

    @sensitive_variables()
    def write_environment(self, environment: Mapping[str, str]) -> None:
        write_private(self.environment_file, json.dumps(dict(environment)))

    @sensitive_variables()
    def write_secrets(self, values: Mapping[str, str], *, user: int | None) -> None:
        """Write the Airflow Variables and Connections; its processes find the new ones at their next look."""
        write_private(self.secrets / "secrets.json", json.dumps(dict(values)), user=user)

    @sensitive_variables()
    def write_passwords(self, passwords: Mapping[str, str], *, user: int | None) -> None:
        write_private(self.accounts / "passwords.json", json.dumps(dict(passwords)), user=user)

    def give_to(self, user: int) -> None:
        """Have the folders that its processes see belong to this user; only root can."""
        for folder in (self.home, self.temporary, self.secrets, self.accounts):
            os.chown(folder, user, user)
            for parent, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    os.chown(Path(parent) / name, user, user, follow_symlinks=False)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def root() -> Path:
    """The folder of all Airflows that run here."""
    return Path(settings.DATA_DIR) / "airflow"


def places() -> Iterator[Place]:
    """Whatever lies there under a release name."""
    with suppress(FileNotFoundError), os.scandir(root()) as entries:
        for name in sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False)):
            if RELEASE_NAME.fullmatch(name):
                yield Place(name)


def write_refusal(sentence: str) -> None:
    """Tell the web server why no Airflow runs on this machine; an empty sentence says that they do."""
    write_private(root() / "refusal", sentence)


def read_refusal() -> str:
    """What the keeper said when it started; empty also where it never did."""
    with suppress(OSError):
        return (root() / "refusal").read_text(encoding="utf-8")
    return ""


def free_port() -> int:
    """A port of this machine, to itself, at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nothing listens at this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@sensitive_variables()
def write_private(path: Path, text: str, *, user: int | None = None) -> None:
    """Write a file that nobody else can read, at once: whoever reads it finds the old or the new one, whole."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        if user is not None:
            os.fchown(file.fileno(), user, user)
    fresh.replace(path)


def _free_user() -> int:
    taken = set()
    for place in places():
        with suppress(OSError, ValueError, KeyError):
            taken.add(json.loads((place.path / "state.json").read_text())["user"])
    return next(user for user in range(FIRST_USER, LAST_USER) if user not in taken)
