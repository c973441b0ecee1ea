"""What docs/production.md tells an operator to write down, ready to be used on this machine.

Only hosts, ports and paths are put in: whatever else is in the paper is what runs.
"""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAPER: Final = (ROOT / "docs/production.md").read_text(encoding="utf-8")
ASTRO_PAPER: Final = (ROOT / "docs/astro-domain.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Unit:
    """A unit of systemd, as far as it says what runs and how.

    Attributes:
        before: the command that must end well before the other one starts.
        settings: the lines of the unit by their name; the last one wins.
    """

    before: list[str]
    command: list[str]
    settings: dict[str, str]


def block(language: str, containing: str, *, paper: str = PAPER) -> str:
    """The one block of code in that language in which something stands."""
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", paper, flags=re.DOTALL)
    (found,) = (text for text in blocks if containing in text)
    return found


def put_in(text: str, places: dict[str, str]) -> str:
    """The text with places of this machine in the place of the paper's, the longest first; each must be there."""
    for written in sorted(places, key=len, reverse=True):
        assert written in text, f"{written} is not in the paper"
        text = text.replace(written, places[written])
    return text


def environment(text: str) -> dict[str, str]:
    """What systemd makes of an EnvironmentFile: a comment has a line of its own, a value is the rest of the line."""
    lines = [line.strip() for line in text.splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith(("#", ";")))


def units() -> dict[str, str]:
    """The units by their names."""
    return dict(re.findall(r"`/etc/systemd/system/([\w-]+\.service)`:\n\n```ini\n(.*?)```", PAPER, re.DOTALL))


def read_unit(text: str) -> Unit:
    """What a unit runs, as commands for this machine."""
    settings = dict(re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE))
    before, command = (_command(settings.get(name, "")) for name in ("ExecStartPre", "ExecStart"))
    return Unit(before, command, settings)


def _command(line: str) -> list[str]:
    return shlex.split(line.replace("/opt/cloudui/.venv/bin/python", sys.executable))
