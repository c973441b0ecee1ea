"""Where somebody may be sent: to a path of this site."""

import pytest

from cloudui.web import redirects
from tests.workspaces.ways_out import WAYS_OUT


@pytest.mark.parametrize(
    "path", ["/", "/c0/deployments", "/c0/deployments?q=a%20b&sort=-name", "/admin/#x", "/%09/evil"]
)
def test_a_path_is_kept(path):
    assert redirects.path_or(path, otherwise="/home") == path


@pytest.mark.threat("T-W9")
@pytest.mark.parametrize("way", [*WAYS_OUT, "", None])
def test_anything_else_becomes_the_other_place(way):
    assert redirects.path_or(way, otherwise="/home") == "/home"
