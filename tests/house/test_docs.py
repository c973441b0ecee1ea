"""What the papers name exists."""

import re

from tests.house.conventions import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))


def test_every_make_target_in_the_readme_exists():
    named = _targets_in((ROOT / "README.md").read_text(encoding="utf-8"))

    assert named >= {"run", "test"}
    assert named <= TARGETS


def test_a_target_that_does_not_exist_is_found():
    assert _targets_in("Then `make coffee`, or `PORT=9000 make tea`:\n\n    make run PORT=9000\n") == {
        "coffee",
        "tea",
        "run",
    }
    assert "coffee" not in TARGETS


def test_every_make_target_is_explained():
    explained = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, flags=re.MULTILINE))

    assert explained == TARGETS


def _targets_in(text: str) -> set[str]:
    """The words after `make` where it is a command: in code, not in a sentence."""
    return set(re.findall(r"(?:`|^ *|\$ |[A-Z_]+=\S* )make ([a-z-]+)", text, flags=re.MULTILINE))
