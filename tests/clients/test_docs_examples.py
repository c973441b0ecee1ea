"""The examples in the papers against a running server: each command, and the shape of the answer it promises."""

import json
import os
import re
import subprocess
from textwrap import dedent
from typing import Any

import pytest

from deployments.models import Deploy, EnvironmentVariable
from tests.factories import disable_api_key
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
# What the two services set by themselves.
OF_PIPELINES = {
    "GITHUB_SHA": "0" * 40,
    "GITHUB_RUN_ID": "1",
    "GITHUB_RUN_ATTEMPT": "1",
    "CIRCLE_SHA1": "1" * 40,
}


@pytest.fixture
def run(base, issued, tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/example.py").write_text("", encoding="utf-8")

    def run(script: str) -> str:
        variables = {
            **os.environ,
            "CLOUDUI": base,
            "ASTRONOMER_KEY_ID": issued.key.pk,
            "ASTRONOMER_KEY_SECRET": issued.secret.reveal(),
            "DEPLOYMENT": issued.key.deployment_id,
            **OF_PIPELINES,
            "no_proxy": "*",
        }
        shell = ["bash", "-euo", "pipefail"]
        ran = subprocess.run(
            shell, input=script, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run


def test_every_example_of_the_api_answers_as_it_says(run):
    # One shell, because an example may use what the one before it has set.
    answers = run("printf '\\0'\n".join(command for command, _ in PAIRS)).split("\0")

    assert len(answers) == len(PAIRS) >= 10
    for answer, (command, promised) in zip(answers, PAIRS, strict=True):
        assert _shape(json.loads(answer)) == _shape(json.loads(promised)), command


def test_the_lines_of_the_readme_tell_who_the_key_is(run, issued):
    answer = json.loads(run(SCRIPTS[0][0]))

    assert (len(SCRIPTS), answer["id"]) == (3, issued.key.pk)


@pytest.mark.parametrize("number", [1, 2], ids=["GitHub Actions", "CircleCI"])
def test_the_pipelines_of_the_readme_deploy(run, issued, number):
    answers = _all_json(run(dedent(SCRIPTS[number][1])))

    assert (answers[-1]["status"], answers[-1]["file_count"]) == ("SUCCEEDED", 1)
    assert Deploy.objects.get().description in OF_PIPELINES.values()
    variables = dict(EnvironmentVariable.objects.values_list("key", "is_secret"))
    assert variables == ({"RELEASE": False} if number == 1 else {})


def test_a_pipeline_is_told_why_its_key_is_refused(run, issued):
    disable_api_key(issued.key)

    with pytest.raises(AssertionError, match="disabled since"):
        run(dedent("".join(SCRIPTS[1])))


def _all_json(text: str) -> list[dict[str, Any]]:
    """The JSON objects in what a script printed, one behind the other."""
    decoder, found, at = json.JSONDecoder(), [], text.find("{")
    while at >= 0:
        answer, end = decoder.raw_decode(text, at)
        found.append(answer)
        at = text.find("{", end)
    return found


def _shape(answer: object) -> object:
    """The names and types of an answer; the texts of an error and switches are part of the promise."""
    if isinstance(answer, dict):
        return {name: answer[name] if name.startswith("error") else _shape(answer[name]) for name in answer}
    if isinstance(answer, list):
        return _shape(answer[0]) if answer else []
    return answer if isinstance(answer, bool) else type(answer).__name__
