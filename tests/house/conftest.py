"""What the guards share: the cast, and the answers of every route to everybody."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast, assemble
from tests.house.walk import Walk, walk


@pytest.fixture
def cast(db) -> Cast:
    return assemble()


@pytest.fixture(scope="session")
def walked(django_db_setup, django_db_blocker) -> Iterator[Walk]:
    """Walked once a process, since it takes seconds and changes nothing."""
    with django_db_blocker.unblock():
        yield walk()
