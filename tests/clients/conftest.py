"""A server as a pipeline sees it: a real port, real threads, and clients that others wrote."""

import pytest

from tests.factories import create_api_key, create_deployment


@pytest.fixture
def base(live_server, settings) -> str:
    """The address of the server; the discovery documents name the usual one."""
    return live_server.url


@pytest.fixture
def issued(transactional_db):
    return create_api_key(create_deployment(), name="Pipeline")
