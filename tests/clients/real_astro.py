"""The `astro` command-line client itself, where whoever runs the tests has it: its path is in a variable.

`ASTRO_BIN_OLD` names version 1.15.1, `ASTRO_BIN_NEW` version 1.45.0. Without one its tests are not collected, and the
summary of the run says so.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deployments.models import Deployment

# The client asks for its discovery document there and nowhere else: that of 2023, and that of today.
PORT: Final = 8871
PORT_TODAY: Final = 8888
OLD: Final = "ASTRO_BIN_OLD"
NEW: Final = "ASTRO_BIN_NEW"
# The tests that need a program, and which: one of these.
TESTS: Final[Mapping[str, tuple[str, ...]]] = {
    "test_real_astro_old.py": (OLD,),
    "test_real_astro_new.py": (NEW,),
    "test_real_astro_login.py": (OLD, NEW),
    "test_real_astro_deploys.py": (OLD, NEW),
}
# Those that need both.
OF_BOTH: Final = ("test_real_astro_files.py",)

CONFIGURATION: Final = f"""\
context: localhost
contexts:
  localhost:
    domain: localhost
local:
  public_astrohub: http://localhost:{PORT}/graphql
  core: http://localhost:{PORT}/v1alpha1
  platform: cloud
upgrade_message: "false"
show_warnings: "false"
"""
# Everything else is as the client has it without a file.
CONFIGURATION_TODAY: Final = """\
context: localhost
contexts:
  localhost:
    domain: localhost
upgrade_message: "false"
show_warnings: "false"
"""

# A command, its exit status, and a part of what it prints.
Step = tuple[str, int, str]


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        status: its exit status.
        text: all that it printed, as a person reads it.
    """

    status: int
    text: str


@dataclass
class RealAstro:
    """One installation of the client, with a home of its own and nobody else's variables.

    Attributes:
        binary: the program.
        home: an empty folder.
        environment: the variables that it reads.
        configuration: its file at first.
        folder: where commands run; the home if it is None.
        answers: what is typed where it asks.
    """

    binary: str
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    configuration: str = CONFIGURATION
    folder: Path | None = None
    answers: str = ""

    def __post_init__(self) -> None:
        file = self.home / ".astro" / "config.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(self.configuration, encoding="utf-8")

    def run(self, *arguments: str) -> Ended:
        """Run a command in the folder."""
        ran = subprocess.run(
            [self.binary, *arguments],
            cwd=self.folder or self.home,
            env={**self.hermetic(), **self.environment},
            input=self.answers,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(ran.returncode, ran.stdout)

    def hermetic(self) -> Mapping[str, str]:
        """Variables with which it touches nothing but its home and this machine."""
        return {
            "HOME": str(self.home),
            "ASTRO_HOME": str(self.home),
            "ASTRO_TELEMETRY_DISABLED": "1",
            "CLICOLOR": "0",
            # Nothing but this machine: any other host is asked of a proxy that is not there.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "PATH": os.environ.get("PATH", ""),
        }


def binary(variable: str) -> str:
    """The path of a client's program; empty without one."""
    return os.environ.get(variable, "")


def follow(astro: RealAstro, deployment: Deployment, steps: Sequence[Step], **names: str) -> None:
    """Run the commands one after the other; each ends as its line says, and never in a stack trace."""
    names |= {
        "id": deployment.pk,
        "workspace": deployment.workspace_id,
        "cluster": deployment.cluster_id,
        "version": deployment.runtime_id,
        "nobodys": "c" + "0" * 24,
    }
    wrong = []
    for command, status, text in steps:
        ended = astro.run(*command.format(**names).split())
        if ended.status != status or text.format(**names) not in ended.text:
            wrong.append(f"astro {command} ended with {ended.status}: {ended.text}")
    assert not wrong, "\n".join(wrong)


def without_moment(text: str) -> list[str]:
    """The lines of a document but for when it was changed."""
    return [line for line in text.splitlines() if "updated_at" not in line]
