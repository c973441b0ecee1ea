"""What the papers name exists."""

import re

import pytest

from cloudui.web import shell_lines
from tests.house.conventions import PACKAGES, ROOT
from tests.house.threat_marks import threats_by_file

PAPERS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")),
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))


def test_every_make_target_in_the_readme_exists():
    named = _targets_in(_read("README.md"))

    assert named >= {"run", "test"}
    assert named <= TARGETS


def test_a_target_that_does_not_exist_is_found():
    assert _targets_in("Then `make coffee`, or `PORT=9000 make tea`:\n\n    make run PORT=9000\n") == {
        "coffee",
        "tea",
        "run",
    }
    assert "coffee" not in TARGETS


def test_every_variable_that_is_read_is_described_and_no_other():
    settings = _read("cloudui/settings.py") + _read("cloudui/configuration.py")
    procfile = _read("Procfile")
    read = {*re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings), *re.findall(r"\$\{([A-Z_]+):-", procfile)}
    described = re.findall(r"^\| `([A-Z_]+)` \|", _read("docs/configuration.md"), flags=re.MULTILINE)

    assert len(read) > 20
    assert sorted(described) == sorted(read), "Each has one row."


@pytest.mark.parametrize("paper", PAPERS)
def test_every_link_between_papers_leads_somewhere(paper):
    links = re.findall(r"(?:\]\(|src(?:set)?=\")(?!https?:)([^)#\"]+)", _read(paper))

    assert [link for link in links if not (ROOT / paper).parent.joinpath(link).exists()] == []


def test_the_security_policy_names_the_tests_that_answer_each_threat():
    rows = re.findall(r"^\| (T-\w+) \|.*\| (`.+`) \|$", _read("docs/security.md"), flags=re.MULTILINE)
    named = {(threat, path) for threat, paths in rows for path in re.findall(r"`(.+?)`", paths)}

    answered = {(threat, path) for path, threats in threats_by_file().items() for threat in threats}
    assert named == answered, "Run .ci/build-threats."


def test_the_changelog_begins_with_the_version_that_this_is():
    version = re.search(r'^version = "(.+)"', _read("pyproject.toml"), flags=re.MULTILINE)
    newest = re.search(r"^## ([0-9.]+)", _read("CHANGELOG.md"), flags=re.MULTILINE)

    assert newest[1] == version[1]


def test_every_make_target_is_explained():
    explained = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, flags=re.MULTILINE))

    assert explained == TARGETS


SHELL_LINES = (shell_lines.TYPED, shell_lines.WITH_BASIC, shell_lines.IN_A_PIPELINE)


@pytest.mark.parametrize(
    ("paper", "copies"),
    [(paper, {"README.md": 3, "docs/api.md": 1, "docs/deploys.md": 1}.get(paper, 0)) for paper in PAPERS],
)
def test_the_lines_that_get_a_token_are_those_that_the_product_shows(paper, copies):
    text = _unindented(_read(paper))

    assert sum(text.count(_unindented(lines)) for lines in SHELL_LINES) == copies
    assert text.count('"access_token": *') == copies, "Take the lines from cloudui/web/shell_lines.py."


def test_the_lines_that_get_a_token_have_one_home():
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]

    homes = [path.name for path in paths if '"access_token": *' in path.read_text(encoding="utf-8")]
    assert homes == ["shell_lines.py"]


def _unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _targets_in(text: str) -> set[str]:
    """The words after `make` where it is a command: in code, not in a sentence."""
    return set(re.findall(r"(?:`|^ *|\$ |[A-Z_]+=\S* )make ([a-z-]+)", text, flags=re.MULTILINE))
