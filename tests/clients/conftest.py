"""A server as a pipeline sees it: a real port, real threads, and clients that others wrote."""

import os

import pytest

from tests.factories import create_api_key, create_deployment

# Only where whoever runs the tests has the client.
collect_ignore_glob = [] if os.environ.get("ASTRO_BIN_OLD") else ["test_real_astro_login.py"]


@pytest.fixture
def base(live_server, settings) -> str:
    """The address of the server; the discovery documents name the usual one."""
    return live_server.url


@pytest.fixture
def issued(transactional_db):
    return create_api_key(create_deployment(), name="Pipeline")
