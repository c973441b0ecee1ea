"""The shell steps of GitHub's `astronomer/deploy-action`, run without GitHub.

`DEPLOY_ACTION_DIR` names a checkout of its repository. What a runner does is here as far as these steps need it: inputs
with their defaults, `${{ }}` in texts, `if` with comparisons, outputs of steps.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

DIRECTORY: Final = "DEPLOY_ACTION_DIR"
EXPRESSION: Final = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
TOKEN: Final = re.compile(r"\s*(\(|\)|&&|\|\||==|!=|'[^']*'|[\w.-]+)")
PYTHON: Final = {"&&": "and", "||": "or"}


@dataclass
class Action:
    """One use of the action in a job.

    Attributes:
        folder: the repository, checked out.
        inputs: what `with` has.
        environment: what `env` has, and the runner's own.
        github: members of the `github` context by their path.
    """

    folder: Path
    inputs: Mapping[str, str]
    environment: Mapping[str, str]
    github: Mapping[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def run(self) -> subprocess.CompletedProcess[str] | None:
        """Run the steps until one fails; that one, or None."""
        action = yaml.safe_load((Path(os.environ[DIRECTORY]) / "action.yaml").read_text(encoding="utf-8"))
        inputs = {
            name: self.inputs.get(name, _text(details.get("default", "")))
            for name, details in action["inputs"].items()
        }
        for step in action["runs"]["steps"]:
            # `uses` checks the repository out, which is done.
            if "run" not in step or not self._applies(step.get("if", ""), inputs):
                continue
            ended = self._step(step, inputs)
            self.ran.append(step["name"])
            if ended.returncode:
                return ended
        return None

    # Private

    def _step(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        told = self.folder.parent / "outputs"
        told.write_text("")
        script = EXPRESSION.sub(lambda found: self._value(found[1], inputs), step["run"])
        ended = subprocess.run(
            # As a runner starts `shell: bash`.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.environment, "GITHUB_OUTPUT": str(told)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        for line in told.read_text().splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"steps.{step.get('id')}.outputs.{name}"] = value
        return ended

    def _value(self, name: str, inputs: Mapping[str, str]) -> str:
        if name.startswith("inputs."):
            return inputs[name.removeprefix("inputs.")]
        return self.outputs.get(name, self.github.get(name, ""))

    def _applies(self, condition: str, inputs: Mapping[str, str]) -> bool:
        text = EXPRESSION.sub(r"\1", condition)
        words = []
        for word in TOKEN.findall(text):
            if word in PYTHON:
                words.append(PYTHON[word])
            elif word in {"(", ")", "==", "!="} or word.startswith("'"):
                words.append(word)
            elif word == "true":
                # A text is compared with a truth value as numbers, so that no text equals it.
                words.append("True")
            else:
                words.append(repr(self._value(word, inputs)))
        # Nothing but the words of the lists above.
        return not words or bool(eval(" ".join(words), {"__builtins__": {}}))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
