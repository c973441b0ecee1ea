"""The examples in the papers against a running server: each command, and the shape of the answer it promises."""

import json
import os
import re
import subprocess
from textwrap import dedent

import pytest

from tests.house.conventions import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = re.findall(
    r"```sh\n(.*?)```\n\n```json\n(.*?)```",
    (ROOT / "docs/api.md").read_text(encoding="utf-8"),
    flags=re.DOTALL,
)
SCRIPTS = re.findall(
    # In the shell, in GitHub Actions, in CircleCI.
    r"^(TOKEN=[\s\S]*?)^```|^ +(?:run|command): \|\n((?: +\S.*\n)+)",
    (ROOT / "README.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


@pytest.fixture
def run(base, issued):
    def run(script: str) -> str:
        variables = {
            **os.environ,
            "CLOUDUI": base,
            "ASTRONOMER_KEY_ID": issued.key.pk,
            "ASTRONOMER_KEY_SECRET": issued.secret.reveal(),
            "no_proxy": "*",
        }
        shell = ["bash", "-euo", "pipefail"]
        ran = subprocess.run(shell, input=script, env=variables, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run


def test_every_example_of_the_api_answers_as_it_says(run):
    # One shell, because an example may use what the one before it has set.
    answers = run("printf '\\0'\n".join(command for command, _ in PAIRS)).split("\0")

    assert len(answers) == len(PAIRS) >= 10
    for answer, (command, promised) in zip(answers, PAIRS, strict=True):
        assert _shape(json.loads(answer)) == _shape(json.loads(promised)), command


@pytest.mark.parametrize("number", range(3))
def test_the_pipelines_of_the_readme_work(run, issued, number):
    assert len(SCRIPTS) == 3

    output = run(dedent("".join(SCRIPTS[number])))

    assert json.loads(output.splitlines()[-1])["id"] == issued.key.pk


def test_a_pipeline_is_told_why_its_key_is_refused(run, issued):
    issued.key.switch(is_enabled=False)

    with pytest.raises(AssertionError, match="disabled since"):
        run(dedent("".join(SCRIPTS[1])))


def _shape(answer: object) -> object:
    """The names and types of an answer; the texts of an error and switches are part of the promise."""
    if isinstance(answer, dict):
        return {name: answer[name] if name.startswith("error") else _shape(answer[name]) for name in answer}
    if isinstance(answer, list):
        return _shape(answer[0]) if answer else []
    return answer if isinstance(answer, bool) else type(answer).__name__
