"""The examples in the papers against a running server: each command, and the shape of the answer it promises."""

import json
import os
import re
import subprocess
from textwrap import dedent
from typing import Any

import pytest

from cloudui.web import shell_lines
from deployments.models import Deploy, EnvironmentVariable
from deployments.variables.service import VariableInput, save_variables
from tests.factories import create_member, disable_api_key
from tests.house.conventions import ROOT
from workspaces.models import Role
from workspaces.principals import principal_for

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
    "GITHUB_REF_NAME": "feature/a & b",
    "GITHUB_ACTOR": "Somebody+1",
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
    deployment = issued.key.deployment
    admin = principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN))
    save_variables(admin, deployment, [VariableInput("COLOUR", "nobodys-concern")], version=None)

    log = run(dedent(SCRIPTS[number][1]))

    (answer,) = _all_json(log)
    assert (answer["status"], answer["file_count"]) == ("SUCCEEDED", 1)
    assert "nobodys-concern" not in log
    descriptions = {1: f"feature/a & b by Somebody+1: {'0' * 40}", 2: "1" * 40}
    assert Deploy.objects.get().description == descriptions[number]
    variables = dict(EnvironmentVariable.objects.values_list("key", "is_secret"))
    assert variables == {"COLOUR": False} | ({"RELEASE": False} if number == 1 else {})


def test_a_pipeline_is_told_why_its_key_is_refused(run, issued):
    disable_api_key(issued.key)

    with pytest.raises(AssertionError, match="disabled since"):
        run(dedent("".join(SCRIPTS[1])))


@pytest.mark.parametrize(
    "lines",
    [shell_lines.TYPED, shell_lines.WITH_BASIC, shell_lines.IN_A_PIPELINE],
    ids=["typed", "Basic", "pipeline"],
)
def test_whoever_exchanges_a_key_sees_why_it_is_refused(run, issued, lines):
    disable_api_key(issued.key)

    with pytest.raises(AssertionError, match="disabled since"):
        run(lines)


@pytest.mark.parametrize("path", ["docs/api.md", "docs/deploys.md", "README.md"])
def test_sed_swallows_no_answer(path):
    """What it does not find the value in goes to standard error."""
    commands = re.findall(r"sed -n .*", (ROOT / path).read_text(encoding="utf-8"))

    assert commands
    assert [command for command in commands if "-e t -e 'w /dev/stderr'" not in command] == []


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
