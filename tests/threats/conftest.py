"""The threats of the threat model that no test of a page or a module answers already."""

import pytest

from tests.cast import assemble


@pytest.fixture
def cast(db):
    return assemble()
