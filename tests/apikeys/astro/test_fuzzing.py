"""Whatever the GraphQL schema allows, sent with a key's and a person's token: sentences, and never a server error."""

import json
import re

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from apikeys.astro.graphql.executable import FOLDER, schema
from apikeys.tokens import access_tokens
from deployments.models import Deployment
from tests.apikeys.machine import JSON
from tests.factories import create_cluster, create_deployment, create_runtime, create_workspace
from tests.house.walk import undone

pytestmark = pytest.mark.django_db

SCHEMA = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.graphql")))
# Of the rows below, of nothing, and no identifiers.
DEPLOYMENT, OTHER, WORKSPACE, CLUSTER = ("c" + digit * 24 for digit in "1234")
IDS = st.sampled_from([DEPLOYMENT, OTHER, WORKSPACE, CLUSTER, "c" + "9" * 24, "", "a b"])
SCALARS = {"Id": IDS.map(nodes.String), "JSON": st.nothing()}
# What would be refused before anything else is looked at.
KNOWN = {
    r'organizationId: "[^"]*"': 'organizationId: ""',
    r'clusterId: "[^"]*"': f'clusterId: "{CLUSTER}"',
    r'executor: "[^"]*"': 'executor: "CeleryExecutor"',
    r'runtimeReleaseVersion: "[^"]*"': 'runtimeReleaseVersion: "1.0.0"',
}


def documents():
    """One query or one mutation at a time."""
    for kind, root in ((queries, schema.query_type), (mutations, schema.mutation_type)):
        for name in root.fields:
            yield kind(SCHEMA, fields=[name], custom_scalars=SCALARS).map(_aimed)


def _aimed(query: str) -> str:
    for pattern, known in KNOWN.items():
        query = re.sub(pattern, known, query)
    return query


@pytest.fixture
def deployment():
    workspace = create_workspace(pk=WORKSPACE)
    create_deployment(pk=OTHER)
    cluster, runtime = create_cluster(pk=CLUSTER), create_runtime(version="1.0.0")
    return create_deployment(pk=DEPLOYMENT, workspace=workspace, cluster=cluster, runtime=runtime)


@given(
    query=st.one_of(list(documents())),
    is_key=st.booleans(),
)
@settings(
    max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
def test_no_query_and_no_mutation_breaks_anything(deployment, admin, token, query, is_key):
    bearer = token if is_key else access_tokens.mint_for_user(admin)[0]
    body = json.dumps({"query": query})

    with undone():
        response = Client().post(
            "/graphql", body, content_type=JSON, headers={"Authorization": f"Bearer {bearer}"}
        )
        assert Deployment.objects.filter(pk=OTHER).exists()

    # What JSON cannot carry is a bad request.
    assert response.status_code in {200, 400}, query
    if response.status_code == 200:
        said = response.json()
        assert said.keys() == {"data"} or said["errors"][0]["message"], query
