"""The texts beside a fresh key, run as they are: each reaches the key, none leaves the secret in a history."""

import json
import os
import subprocess

import pytest

from apikeys.snippets import snippets_for
from tests.factories import disable_api_key

pytestmark = pytest.mark.django_db(transaction=True)

# In the place of the programs of GitHub and CircleCI: what they are told, and what they read.
PROGRAM = '#!/bin/sh\nprintf "%s\\n" "$*" >> "$SEEN"\ntest -t 0 || cat >> "$SEEN"\necho >> "$SEEN"\n'
TYPED = ["astro CLI", "Shell", "curl: get an access token and use it", "GitHub Actions", "CircleCI"]


@pytest.fixture
def texts(base, issued):
    found = snippets_for(issued.key.pk, issued.secret, public_url=base, domain="localhost")
    return {snippet.title: snippet.reveal() for snippet in found}


@pytest.fixture
def typed(tmp_path, issued):
    """Run lines in a shell whose keyboard then types the secret."""

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        for name in ("gh", "circleci"):
            (tmp_path / name).write_text(PROGRAM)
            (tmp_path / name).chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SEEN": str(tmp_path / "seen"), "no_proxy": "*"}
        return subprocess.run(
            ["bash", "-c", lines],
            input=issued.secret.reveal() + "\n",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.threat("T-R8")
def test_what_is_typed_into_a_shell_does_not_hold_the_secret(texts, issued):
    secret = issued.secret.reveal()

    assert [title for title in TYPED if secret in texts[title]] == []
    assert f"ASTRONOMER_KEY_SECRET={secret}" in texts[".env file"]


def test_the_shell_has_both_halves_then(texts, typed, issued):
    ran = typed(texts["Shell"] + "\nenv")

    assert f"ASTRONOMER_KEY_ID={issued.key.pk}\n" in ran.stdout
    assert f"ASTRONOMER_KEY_SECRET={issued.secret.reveal()}\n" in ran.stdout


def test_the_astro_cli_is_told_both_halves_and_the_domain(texts, typed, issued, tmp_path):
    stand_in = tmp_path / "astro"
    stand_in.write_text('#!/bin/sh\necho "$*" $ASTRONOMER_KEY_ID "$ASTRONOMER_KEY_SECRET" $ASTRO_DOMAIN\n')
    stand_in.chmod(0o755)

    ran = typed(texts["astro CLI"])

    words = ("deployment list", issued.key.pk, issued.secret.reveal(), "localhost\n")
    assert ran.stdout.removeprefix("Key secret: ") == " ".join(words)


def test_curl_tells_who_the_key_is(texts, typed, issued):
    ran = typed(texts["curl: get an access token and use it"])

    assert json.loads(ran.stdout.removeprefix("Key secret: "))["id"] == issued.key.pk


def test_curl_tells_why_a_key_is_refused(texts, typed, issued):
    disable_api_key(issued.key)

    ran = typed(texts["curl: get an access token and use it"])

    assert "disabled since" in ran.stderr


@pytest.mark.parametrize("service", ["GitHub Actions", "CircleCI"])
def test_the_services_are_given_both_halves(texts, typed, issued, tmp_path, service):
    commands = texts[service].split("\n\n")[0].replace("<organization>", "ours")

    ran = typed(commands)

    assert ran.returncode == 0, ran.stderr
    seen = (tmp_path / "seen").read_text()
    assert issued.key.pk in seen
    assert issued.secret.reveal() in seen.splitlines()
    assert not [line for line in seen.splitlines() if "secret" in line and issued.secret.reveal() in line]
