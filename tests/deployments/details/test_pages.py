"""The Details tab and Edit Details: all facts for every member, changes for Editors, errors beside their fields."""

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from cloudui.web.principal import Kind, Principal
from deployments.details.service import update_deployment
from deployments.models import Deployment
from tests.deployments.details.pages import details_url, edit_url, sent, stored
from tests.deployments.helpers import HX, field_error, one, text, url
from tests.factories import create_deployment

# Reading


@pytest.mark.parametrize("client", ["as_member", "as_editor", "as_admin", "as_owner"])
def test_every_member_reads_all_facts(request, client, deployment):
    Deployment.objects.update(
        description="Loads it.", ci_cd_enforced=True, scheduler_replicas=3, alert_emails=["a@example.com"]
    )

    shown = text(request.getfixturevalue(client).get(details_url(deployment)))

    for fact in (
        "Name Production",
        "Description Loads it.",
        f"Namespace {deployment.release_name}",
        f"Cluster {deployment.cluster.name}",
        f"Runtime {deployment.runtime}",
        "Executor Celery",
        "5 AU (0.5 CPU, 1.88 GiB)",
        "Scheduler count 3",
        "CI/CD Enforcement On Code is deployed with an API key only.",
        "DAG Deploys On",
        "High Availability Off",
        "a@example.com",
    ):
        assert fact in shown


def test_an_airflow_unit_is_explained(as_member, deployment):
    assertContains(as_member.get(details_url(deployment)), "An Airflow unit (AU) is 0.1 CPU and 0.375 GiB")


def test_who_changed_it_last_is_named_a_person_or_a_key(as_editor, deployment):
    key = Principal(kind=Kind.API_KEY, id="k" * 32, name="github-actions", deployment=deployment.pk)

    as_editor.post(edit_url(deployment), sent(as_editor, deployment, description="By hand"))
    assert "by Eda Editor" in text(as_editor.get(details_url(deployment)))
    update_deployment(key, deployment, description="By CI")
    assert "by API Key github-actions" in text(as_editor.get(details_url(deployment)))


def test_a_member_sees_no_button(as_member, as_editor, deployment):
    for words in ("Edit Details", "Edit Emails"):
        assert words not in text(as_member.get(details_url(deployment)))
        assert words in text(as_editor.get(details_url(deployment)))


def test_the_tab_is_there_and_current(as_member, deployment):
    tab = one(as_member.get(details_url(deployment)), ".tabs [aria-current]")

    assert (tab.get_text(strip=True), tab["href"]) == ("Details", details_url(deployment))


def test_the_former_address_leads_there(as_member, as_outsider, deployment):
    former = url("deployments:configuration", deployment)

    assertRedirects(as_member.get(former), details_url(deployment))
    assert as_outsider.get(former).status_code == 404


# Changing


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
def test_everything_is_changed_at_once(request, client, deployment):
    browser = request.getfixturevalue(client)
    changes = {
        "name": "Live",
        "description": "Two\nlines",
        "scheduler_replicas": "2",
        "scheduler_au": "8",
        "is_highly_available": "on",
        "ci_cd_enforced": "on",
        "dag_deploys_enabled": None,
    }

    response = browser.post(edit_url(deployment), sent(browser, deployment, **changes), follow=True)

    assertRedirects(response, details_url(deployment))
    assertContains(response, "The Deployment was updated.")
    now = stored(deployment)
    assert (now.name, now.description, now.scheduler_replicas, now.scheduler_au) == (
        "Live",
        "Two\nlines",
        2,
        8,
    )
    assert (now.is_highly_available, now.ci_cd_enforced, now.dag_deploys_enabled) == (True, True, False)


def test_the_dialog_leads_the_browser_to_the_page_as_it_is_now(as_editor, deployment):
    data = sent(as_editor, deployment, name="Live")

    response = as_editor.post(edit_url(deployment), data, headers=HX)

    assert response.headers["HX-Redirect"] == details_url(deployment)
    assertContains(as_editor.get(details_url(deployment)), "The Deployment was updated.")


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"name": " "}, "name", "Enter a name."),
        ({"name": "x" * 101}, "name", "Use at most 100 characters; this has 101."),
        ({"name": "STAGING"}, "name", "A Deployment with this name already exists in this Workspace."),
        ({"executor": "Local"}, "executor", "Select one of these executors."),
        ({"scheduler_replicas": "9"}, "scheduler_replicas", "Select 1 to 4 schedulers."),
        ({"scheduler_au": ""}, "scheduler_au", "Select 5 to 30 AU."),
        (
            {"is_highly_available": "on"},
            "scheduler_replicas",
            (
                "High Availability needs at least 2 schedulers. "
                "Select more schedulers or turn High Availability off."
            ),
        ),
    ],
)
@pytest.mark.parametrize("headers", [{}, HX])
def test_an_error_stands_beside_its_field_and_what_was_typed_stays(
    as_editor, deployment, workspace, changes, field, error, headers
):
    create_deployment(workspace=workspace, name="Staging")
    data = sent(as_editor, deployment, **{"description": "typed", **changes})

    response = as_editor.post(edit_url(deployment), data, headers=headers)

    assert response.status_code == 422
    assert field_error(response, field) == error
    assert one(response, "textarea[name=description]").get_text(strip=True) == "typed"
    # It asks before that is thrown away.
    assert one(response, "form[data-warn]").has_attr("data-unsaved")
    assert stored(deployment).description == ""
