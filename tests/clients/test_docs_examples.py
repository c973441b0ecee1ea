"""The examples of docs/api.md against a running server: each command, and the shape of the answer it promises."""

import json
import os
import re
import subprocess

import pytest

from tests.house.conventions import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = re.findall(
    r"```sh\n(.*?)```\n\n```json\n(.*?)```",
    (ROOT / "docs/api.md").read_text(encoding="utf-8"),
    flags=re.DOTALL,
)


def test_every_example_answers_as_it_says(base, issued):
    variables = {
        **os.environ,
        "CLOUDUI": base,
        "ASTRONOMER_KEY_ID": issued.key.pk,
        "ASTRONOMER_KEY_SECRET": issued.secret.reveal(),
        "no_proxy": "*",
    }
    # One shell, because an example may use what the one before it has set.
    script = "printf '\\0'\n".join(command for command, _ in PAIRS)
    ran = subprocess.run(
        ["bash", "-euo", "pipefail"], input=script, env=variables, capture_output=True, text=True, check=True
    )

    answers = ran.stdout.split("\0")
    assert len(answers) == len(PAIRS) >= 10
    for answer, (command, promised) in zip(answers, PAIRS, strict=True):
        assert _shape(json.loads(answer)) == _shape(json.loads(promised)), command


def _shape(answer: object) -> object:
    """The names and types of an answer; the texts of an error and switches are part of the promise."""
    if isinstance(answer, dict):
        return {name: answer[name] if name.startswith("error") else _shape(answer[name]) for name in answer}
    if isinstance(answer, list):
        return _shape(answer[0])
    return answer if isinstance(answer, bool) else type(answer).__name__
