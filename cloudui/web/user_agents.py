"""What a User-Agent header says, in the words of people: `Firefox 133 on Linux`, `astro 1.45.0`."""

import functools
import re
from typing import Final

# A browser also names those whose pages it can show, so the rarer one comes first.
_BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdg\w*/(\d+)")),
    ("Opera", re.compile(r"\bOPR/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|HeadlessChrome)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+)\S* (?:\S+ )?Safari/")),
)
_SYSTEMS: Final = (
    ("Windows", re.compile(r"windows", re.IGNORECASE)),
    ("iOS", re.compile(r"iPhone|iPad")),
    ("Android", re.compile(r"Android")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("macOS", re.compile(r"Mac OS X|Macintosh|darwin", re.IGNORECASE)),
    ("Linux", re.compile(r"linux", re.IGNORECASE)),
)
# RFC 9110 section 10.1.5: what matters most comes first, as a name and perhaps a version.
_PROGRAM: Final = re.compile(r"([\w.+-]+)(?:/v?(\d[\w.+-]*))?")


@functools.lru_cache(1024)
def in_words(user_agent: str) -> str:
    """The program, its version and its system as far as the header tells; empty for an empty one.

    Anybody can write anything there: it says what a caller claims, and is text to be escaped.
    """
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    return " on ".join(filter(None, (_program(user_agent), system)))


def _program(user_agent: str) -> str:
    if user_agent.startswith("Mozilla/"):
        for name, pattern in _BROWSERS:
            if found := pattern.search(user_agent):
                return f"{name} {found[1]}"
        return "A browser"
    found = _PROGRAM.match(user_agent.strip())
    return " ".join(filter(None, found.groups())) if found else ""
