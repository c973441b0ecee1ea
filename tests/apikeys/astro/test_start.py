"""The four requests with which each command of the client starts cost little once its key was seen."""

import json
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.apikeys.machine import FORM, JSON
from tests.clients import astro_queries

pytestmark = pytest.mark.django_db


def start(issued):
    """Begin a command, and the queries of each request."""
    secret = {"client_id": issued.key.pk, "client_secret": issued.secret.reveal()}
    form = urlencode({"audience": "astronomer-ee", **secret, "grant_type": "client_credentials"})
    variables = {"organizationId": "", "workspaceId": ""}
    query = json.dumps({"query": astro_queries.DEPLOYMENTS, "variables": variables})
    client, numbers, headers = Client(), [], dict[str, str]()
    for send in (
        lambda: client.get("/auth-config"),
        lambda: client.post("/oauth/token", form, content_type=FORM),
        lambda: client.get("/v1alpha1/organizations", headers=headers),
        lambda: client.post("/graphql", query, content_type=JSON, headers=headers),
    ):
        with CaptureQueriesContext(connection) as queries:
            response = send()
        assert response.status_code == 200, response.content
        numbers.append(len(queries))
        if "oauth" in response.request["PATH_INFO"]:
            headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    return numbers


def test_argon2_runs_once_for_many_commands(issued, argon2_runs):
    start(issued)
    ran = len(argon2_runs)

    numbers = start(issued)

    assert len(argon2_runs) == ran == 1
    # Nothing, the key, the token, and the token with the Deployment, its node pools, worker queues and variables.
    assert numbers == [0, 1, 1, 5]
