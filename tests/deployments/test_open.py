"""Opening a Deployment: it leads to the API keys, under a header with the facts about it."""

import pytest
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from deployments.models import Airflow, Deployment, Ground
from tests.deployments.helpers import page, text, url
from tests.factories import create_cluster, create_deployment, create_runtime


@pytest.fixture
def deployment(workspace):
    return create_deployment(
        workspace=workspace,
        name="Production",
        release_name="bright-comet-1234",
        cluster=create_cluster(name="east"),
        runtime=create_runtime(version="13.9.1", airflow_version="3.3.2"),
        api_key_count=7,
    )


@pytest.mark.parametrize("client", ["as_member", "as_editor", "as_admin", "as_owner"])
def test_it_opens_at_the_api_keys(request, client, deployment):
    response = request.getfixturevalue(client).get(url("deployments:open", deployment))

    assertRedirects(response, url("apikeys:index", deployment))


def test_with_an_airflow_it_opens_at_what_that_does(as_member, deployment):
    Airflow.objects.create(deployment=deployment, ground=Ground.LOCAL)

    response = as_member.get(url("deployments:open", deployment))

    assertRedirects(response, url("deployments:analytics", deployment))


def test_the_header_tells_the_facts(as_member, deployment):
    Deployment.objects.update(updated_by_kind="user", updated_by_name="Eda Editor", updated_at=timezone.now())

    document = page(as_member.get(url("deployments:activity", deployment)))

    terms = [term.get_text(" ", strip=True) for term in document.select(".facts dt")]
    said = [" ".join(fact.get_text(" ").split()) for fact in document.select(".facts dd")]
    facts = dict(zip(terms, said, strict=True))
    assert facts["Status"] == "Not connected"
    assert facts["Namespace"] == "bright-comet-1234"
    assert facts["Cluster"] == "east"
    assert facts["Runtime"] == "13.9.1 (based on Airflow v3.3.2)"
    assert facts["Updated"] == "now by Eda Editor"
    assert "Created" not in facts  # it stands in Details, and the ID would not fit into the line
    assert facts["ID"] == deployment.pk


def test_the_tabs_are_links_and_count_what_is_in_them(as_member, deployment):
    document = page(as_member.get(url("deployments:activity", deployment)))

    tabs = document.select(".tabs a")
    assert [(" ".join(tab.get_text(" ").split()), tab["href"]) for tab in tabs] == [
        ("Analytics", url("deployments:analytics", deployment)),
        ("DAGs", url("deployments:dags", deployment)),
        ("Logs", url("deployments:logs", deployment)),
        ("Worker Queues 1", url("deployments:queues", deployment)),
        ("Variables 0", url("deployments:variables", deployment)),
        ("API Keys 7", url("apikeys:index", deployment)),
        ("Deploys", url("deployments:deploys", deployment)),
        ("Activity", url("deployments:activity", deployment)),
        ("Details", url("deployments:details", deployment)),
    ]
    assert [tab.get_text(strip=True) for tab in tabs if tab.get("aria-current") == "page"] == ["Activity"]


def test_airflow_is_offered_only_once_it_is_registered(as_member, deployment):
    assert "Open Airflow" not in text(as_member.get(url("deployments:activity", deployment)))

    Deployment.objects.update(airflow_url="https://airflow.example.com/")

    assert "Open Airflow" in text(as_member.get(url("deployments:activity", deployment)))
