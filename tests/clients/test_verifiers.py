"""The verifiers in docs/api.md, run as they stand there: PyJWT, and jose for Node."""

import re
import subprocess

import pytest

from tests.apikeys.machine import token_of
from tests.factories import create_deployment
from tests.house.conventions import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

BLOCKS = re.findall(
    r"```(python|js)\n(.*?)```", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.DOTALL
)
EXAMPLES = dict(BLOCKS)
CONSOLE = "https://console.example.com"


def example(language: str, *, base: str, issuer: str) -> str:
    """The lines with the address of this server; its tokens name the issuer that the settings have."""
    return (
        EXAMPLES[language]
        .replace(f"{CONSOLE}/.well-known", f"{base}/.well-known")
        .replace(f'"{CONSOLE}"', f'"{issuer}"')
    )


def by_pyjwt(tmp_path, lines: str, token: str, deployment: str) -> str:
    found = {"token": token, "DEPLOYMENT_ID": deployment}
    try:
        exec(lines, found)
    except Exception as refusal:  # noqa: BLE001 - whatever the library raises is its refusal
        return f"refused: {type(refusal).__name__}"
    return found["claims"]["sub"]


def by_jose(tmp_path, lines: str, token: str, deployment: str) -> str:
    folder = subprocess.run([ROOT / ".ci/jose"], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "node_modules").symlink_to(f"{folder}/node_modules")
    start = f"const token = {token!r};\nconst DEPLOYMENT_ID = {deployment!r};\n"
    # An import may stand anywhere at the top of a module.
    (tmp_path / "verify.mjs").write_text(f"{start}{lines}\nconsole.log(payload.sub);\n", encoding="utf-8")
    ran = subprocess.run(
        ["node", "verify.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    return ran.stdout.strip() if ran.returncode == 0 else f"refused: {ran.stderr}"


@pytest.mark.threat("T-J1")
@pytest.mark.parametrize(
    ("language", "verify"), [("python", by_pyjwt), ("js", by_jose)], ids=["PyJWT", "jose"]
)
@pytest.mark.parametrize("case", ["genuine", "changed", "another audience"])
def test_the_verifiers_of_the_document_accept_what_is_genuine_and_nothing_else(
    base, issued, settings, tmp_path, language, verify, case
):
    token, deployment = token_of(issued), issued.key.deployment_id
    if case == "changed":
        token = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    if case == "another audience":
        deployment = create_deployment().pk

    answer = verify(tmp_path, example(language, base=base, issuer=settings.PUBLIC_URL), token, deployment)

    if case == "genuine":
        assert answer == issued.key.pk
    else:
        assert re.search("Signature|Audience|aud", answer), answer
        assert answer.startswith("refused")


def test_the_document_has_one_verifier_for_each_language():
    assert [language for language, _ in BLOCKS] == ["python", "js"]
