"""The launcher gives a program its variables, from a file that nobody else can read."""

import json
import subprocess
import sys

import pytest

from deployments.airflow.runner import launcher

VALUES = {"MY_VAR": "one\ntwo $HOME \"q\" 's'", "EMPTY": "", "UNICODE": "Grüße"}
PRINTS = "import json, os; print(json.dumps(dict(os.environ)))"


def launch(path):
    return subprocess.run(
        [sys.executable, "-IS", launcher.__file__, str(path), sys.executable, "-Ic", PRINTS],
        capture_output=True,
        text=True,
        check=False,
        env={"LEFT_BEHIND": "yes"},
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "environment.json"
    path.write_text(json.dumps(VALUES))
    path.chmod(0o600)
    return path


def test_values_arrive_to_the_letter_and_nothing_else_does(file):
    seen = json.loads(launch(file).stdout)

    assert VALUES.items() <= seen.items()
    assert "LEFT_BEHIND" not in seen


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_may_read_is_refused(file, mode):
    file.chmod(mode)

    done = launch(file)

    assert done.returncode != 0
    assert "mode 0600" in done.stderr
    assert not done.stdout


def test_a_link_is_refused(file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(file)

    assert launch(link).returncode != 0
