"""One installation for all tests, which takes most of their time."""

from dataclasses import dataclass

import pytest

from tests.production.installation import EMAIL, MAKE_A_KEY, PASSWORD, Installation, installed


@dataclass
class Pipeline:
    """Somebody's API key and where it belongs."""

    workspace: str
    deployment: str
    release_name: str
    key_id: str
    secret: str


@pytest.fixture(scope="package")
def installation():
    with installed() as installation:
        yield installation


@pytest.fixture(scope="package")
def owner(installation: Installation):
    """The first Owner, made as the paper says."""
    said = installation.manage("superuser", "--email", EMAIL, typed=f"{PASSWORD}\n")
    assert "can sign in as Organization Owner" in said
    return EMAIL, PASSWORD


@pytest.fixture(scope="package")
def pipeline(installation: Installation, owner):
    return Pipeline(*installation.manage("shell", "--command", MAKE_A_KEY).split()[-5:])


@pytest.fixture
def visitor(installation: Installation):
    return installation.visitor()
