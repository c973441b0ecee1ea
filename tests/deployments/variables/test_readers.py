r"""An exported .env file is read alike by the programs that read such files: Node.js, a shell, python-dotenv, Docker."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dotenv
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playwright._impl._driver import compute_driver_executable

from deployments.variables.dotenv import NODE, SHELL, parse, spell
from deployments.variables.values import clean_value

# The Node.js that Playwright brings along, so that it is there wherever these tests run.
NODE_JS = compute_driver_executable()[0]
DUMP = "import json, os, sys; json.dump(dict(os.environ), sys.stdout)"


def by_node(file: Path) -> Any:
    command = [str(NODE_JS), f"--env-file={file}", "-e", "process.stdout.write(JSON.stringify(process.env))"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, env={}).stdout)


def by_shell(file: Path, shell: str = "sh") -> Any:
    command = [shell, "-c", f'set -a; . "{file}"; exec "{sys.executable}" -c "{DUMP}"']
    return json.loads(subprocess.run(command, check=True, capture_output=True, env={}).stdout)


def by_bash(file: Path) -> Any:
    return by_shell(file, "bash")


def by_python_dotenv(file: Path) -> Any:
    return dotenv.dotenv_values(file, interpolate=False)


def by_docker_run(file: Path) -> Any:
    """The rules of `docker run --env-file`: whole lines, no quotes, a comment only at the beginning of a line."""
    found = {}
    for line in file.read_text(encoding="utf-8").split("\n"):
        name, equals, value = line.lstrip(" \t").partition("=")
        if not name.startswith("#") and equals:
            assert not set(name) & set(" \t\r")
            found[name] = value
    return found


READERS = [by_node, by_shell, by_bash, by_python_dotenv]
# What is read alike by all, besides Docker where there are quotes.
ALIKE = {
    "empty": ("", "X="),
    "word": ("plain", "X=plain"),
    "address": ("postgres://me:pw@db:5432/x?y=z", "X=postgres://me:pw@db:5432/x?y=z"),
    "pattern": ("{a,b}*[c]?!^%", "X={a,b}*[c]?!^%"),
    "letters": ("Größe-東京", "X=Größe-東京"),
    "tilde inside": ("main.py~", "X=main.py~"),
    "tilde": ("~/x", "X='~/x'"),
    "tilde behind a colon": ("a:~/x", "X='a:~/x'"),
    "path of Windows": (r"C:\new", r"X='C:\new'"),
    "apostrophe": ("it's", 'X="it\'s"'),
    "apostrophe and a pattern": (r"it's \d+ \w", r"""X="it's \d+ \w\""""[:-2] + '"'),
    "hash": ("a#b", "X='a#b'"),
    "comment": ("a # b", "X='a # b'"),
    "dollar": ("$HOME `id` $(id)", "X='$HOME `id` $(id)'"),
    "quotes": ('say "no"', "X='say \"no\"'"),
    "json": ('{"a": ["b\\n", 1]}', 'X=\'{"a": ["b\\n", 1]}\''),
    "lines": ("a\nb\n", "X='a\nb\n'"),
    "blank before": ("  a", "X='  a'"),
    "no-break space": ("a\u00a0b", "X='a\u00a0b'"),
}
# What has no spelling that all read alike, and who reads it differently.
NOT_ALIKE = {
    "two backslashes": (r"\\server\share", 'X="\\\\\\\\server\\\\share"', [NODE]),
    "backslash at the end": ("C:\\", 'X="C:\\\\"', [NODE]),
    "both quotes": ('it\'s "x"', 'X="it\'s \\"x\\""', [NODE]),
    "apostrophe and dollar": ("it's $5", 'X="it\'s $5"', [SHELL]),
    "two backslashes and dollar": (r"\\$x", r"X='\\\\$x'", [SHELL, NODE]),
}


def differs(lines):
    """Who reads it differently, as the comment above it says."""
    comment, _, _ = lines.rpartition("\nX") if lines.startswith("#") else ("", "", "")
    return [program for program in (SHELL, NODE) if program.lower() in comment.lower()]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_readers_read_the_same(tmp_path, reader):
    file = tmp_path / "a.env"
    file.write_text("".join(spell(f"X_{number}", value) for number, (value, _) in enumerate(ALIKE.values())))

    read = reader(file)

    assert [read[f"X_{number}"] for number in range(len(ALIKE))] == [value for value, _ in ALIKE.values()]


@pytest.mark.parametrize("name", ALIKE)
def test_the_spelling_that_all_read_alike(tmp_path, name):
    value, line = ALIKE[name]
    assert spell("X", value) == f"{line}\n"
    if line[2:3] not in {"'", '"'}:
        file = tmp_path / "a.env"
        file.write_text(spell("X", value), encoding="utf-8")
        assert by_docker_run(file) == {"X": value}


@pytest.mark.parametrize("name", NOT_ALIKE)
def test_where_there_is_no_such_spelling_a_comment_says_who_reads_it_differently(tmp_path, name):
    value, line, programs = NOT_ALIKE[name]

    lines = spell("X", value)

    assert lines.splitlines()[1:] == [line]
    assert differs(lines) == programs
    file = tmp_path / "a.env"
    file.write_text(lines, encoding="utf-8")
    assert by_python_dotenv(file) == {"X": value}
    for program, reader in ((SHELL, by_shell), (NODE, by_node)):
        assert (reader(file).get("X") == value) == (program not in programs)


TRICKY = st.text(
    st.sampled_from("ab1 \t\n'\"\\$`#=~:!*{}(){};&|<>-nrtü\u00a0\u3000\u2028\U0001f600"), max_size=12
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(
    values=["a\\", "it's", '"', "\\'", "'\\a", "'\\ x", "\\\n'", "'\\\nx\n", "=", "\u2028 #x", "-n", "'\n#"]
)
@given(values=st.lists(TRICKY.map(clean_value), max_size=60))
def test_whatever_the_values_are_readers_agree(tmp_path, values):
    spelled = [(f"X_{number}", value, spell(f"X_{number}", value)) for number, value in enumerate(values)]
    readers = [(by_shell, SHELL), (by_bash, SHELL), (by_node, NODE), (by_python_dotenv, "")]
    for reader, program in readers:
        right = [one for one in spelled if not program or program not in differs(one[2])]
        file = tmp_path / "a.env"
        file.write_text("".join(lines for _, _, lines in right), encoding="utf-8")
        read = reader(file)
        assert {key: read.get(key) for key, _, _ in right} == {key: value for key, value, _ in right}
    whole = "".join(lines for _, _, lines in spelled)
    assert [one.value for one in parse(whole)] == values
    assert list(dotenv.dotenv_values(stream=io.StringIO(whole), interpolate=False).values()) == values
