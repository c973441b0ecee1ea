"""What a sender says of a deploy's origin is shown to people, so it is made fit for that."""

import pytest

from deployments.deploys.source import Commit, DeploySource, client_name
from deployments.models import DeployKind

SHA = "3f2c9d1e0b7a48d5c6e1f0a9b8c7d6e5f4a3b2c1"
PAGE = f"https://github.com/acme/etl/commit/{SHA}"


@pytest.mark.parametrize(
    ("git", "expected"),
    [
        (None, Commit()),
        (
            {"account": "acme", "repo": "etl", "branch": "main", "commitSha": SHA.upper(), "commitUrl": PAGE},
            Commit(SHA, "main", "acme/etl", PAGE),
        ),
        ({"commitSha": "<script>"}, Commit()),
        ({"commitSha": 5, "branch": ["x"]}, Commit()),
        ({"branch": "a\nb\u202ec"}, Commit(branch="a<U+000A>b<U+202E>c")),
        ({"branch": "x" * 300}, Commit(branch="x" * 200)),
        ({"commitUrl": "javascript:alert(1)"}, Commit()),
        ({"commitUrl": "https://user:pw@example.com/"}, Commit()),
        ({"commitUrl": "https://[broken"}, Commit()),
        ({"commitUrl": f"https://example.com/{'x' * 200}"}, Commit()),
    ],
)
def test_only_what_can_be_shown_is_kept_of_a_commit(git, expected):
    assert Commit.of(git) == expected


@pytest.mark.threat("T-S4")
@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        (
            "https://oauth2:glpat-secret@git.example.com:8443/acme/etl.git",
            "git.example.com:8443/acme/etl.git",
        ),
        ("https://glpat-secret@git.example.com/acme/etl.git", "git.example.com/acme/etl.git"),
        ("git@git.example.com:acme/etl.git", "git.example.com:acme/etl.git"),
        ("ssh://git:secret@git.example.com/acme", "git.example.com/acme"),
        ("https://x:y@[broken", ""),
    ],
)
def test_the_address_of_a_remote_loses_its_credentials(remote, shown):
    assert Commit.of({"remoteUrl": remote}).repository == shown


def test_a_client_is_named_with_its_version():
    assert client_name("astro cli", "1.45.0") == "astro cli 1.45.0"
    assert client_name("a\x00", "9" * 100) == "a<U+0000> " + "9" * 50


def test_what_is_announced_comes_back_as_it_was():
    source = DeploySource(DeployKind.IMAGE_AND_DAGS, "astro 1", "registry/a:b", Commit(SHA, "main"))
    assert DeploySource.from_json(source.as_json()) == source
