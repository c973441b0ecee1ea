"""The published pattern of a secret and the rule for gitleaks: they find every secret and nothing that is none."""

import math
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from apikeys import credentials
from cloudui.web.logs import SECRETS

DOCS = Path(__file__).resolve().parents[2] / "docs"
[RULE] = tomllib.loads((DOCS / "gitleaks.toml").read_text(encoding="utf-8"))["rules"]

PLACES = [
    "{}",
    "ASTRONOMER_KEY_SECRET={}",
    'secret: "{}"',
    "'{}',",
    "https://x.example/oauth/token?client_secret={}&x=1",
    "{}\n",
    "before\n  - {}\nafter",
    "<code>{}</code>",
]


def found(text: str) -> list[str]:
    """What gitleaks reports: a keyword, the group of the expression, and enough entropy."""
    if not any(keyword in text.lower() for keyword in RULE["keywords"]):
        return []
    matches = [match.group(RULE["secretGroup"]) for match in re.finditer(RULE["regex"], text)]
    return [secret for secret in matches if entropy(secret) > RULE["entropy"]]


def entropy(text: str) -> float:
    """Shannon's, in bits a character, as gitleaks computes it."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_wherever_it_stands(place):
    for _ in range(200):
        secret = credentials.generate_secret().reveal()

        assert found(place.format(secret)) == [secret]
        assert SECRETS.sub("***", place.format(secret)) == place.format("***")


def near_misses() -> list[str]:
    secret = credentials.generate_secret().reveal()
    return [
        secret[:-1],
        secret + "x",
        secret + "_",
        secret.replace("cui1_", "cui2_"),
        secret.replace("cui1_", "CUI1_"),
        secret.replace("cui1_", "cui1-"),
        "x" + secret,
        secret[:30] + "-" + secret[31:],
        "cui1_" + "X" * 55,
        "cui1_" + "0123456789" * 5 + "01234",
        "cui1_your_secret_goes_here",
    ]


@pytest.mark.parametrize("number", range(len(near_misses())))
def test_what_comes_near_is_not(number):
    assert found(f"secret={near_misses()[number]}") == []


def test_the_published_pattern_is_the_one_of_the_code():
    text = (DOCS / "leaked-secrets.md").read_text(encoding="utf-8")

    assert f"```\n{credentials.SECRET_PATTERN}\n```" in text
    assert credentials.SECRET_PATTERN in RULE["regex"]


def test_every_secret_passes_its_own_check_and_the_pattern():
    for _ in range(500):
        secret = credentials.generate_secret()

        assert credentials.has_genuine_tag(secret)
        assert re.fullmatch(credentials.SECRET_PATTERN, secret.reveal())
