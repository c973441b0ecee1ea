"""Two people edit the same Deployment: nobody overwrites unseen changes, and nobody types twice."""

import pytest
from pytest_django.asserts import assertNotContains, assertRedirects

from deployments.details.service import update_deployment
from tests.deployments.details.pages import details_url, edit_url, sent, stored
from tests.deployments.helpers import HX, one, text
from tests.factories import create_member
from workspaces.models import Role
from workspaces.principals import principal_for


@pytest.fixture
def other(workspace):
    """Another Editor, who changes things meanwhile."""
    return principal_for(create_member(workspace=workspace, role=Role.EDITOR, full_name="Olaf Other"))


@pytest.mark.parametrize("headers", [{}, HX])
def test_of_two_editors_the_second_reads_what_the_first_changed(as_editor, other, deployment, headers):
    data = sent(as_editor, deployment, name="Mine", scheduler_au="9")
    update_deployment(other, deployment, name="Theirs", scheduler_replicas=3, ci_cd_enforced=True)

    response = as_editor.post(edit_url(deployment), data, headers=headers)

    assert response.status_code == 409
    shown = text(response)
    assert "Somebody changed this Deployment while you were editing it." in shown
    assert "Name: Production → Theirs , by Olaf Other" in shown
    assert "Scheduler count: 1 → 3 , by Olaf Other" in shown
    assert "CI/CD Enforcement: Off → On , by Olaf Other" in shown
    assert (stored(deployment).name, stored(deployment).scheduler_au) == ("Theirs", 5)


def test_ones_own_changes_stay_over_theirs_and_are_saved_the_second_time(as_editor, other, deployment):
    data = sent(as_editor, deployment, name="Mine", scheduler_au="9")
    update_deployment(other, deployment, name="Theirs", scheduler_replicas=3)
    update_deployment(other, deployment, scheduler_replicas=4, description="New")

    response = as_editor.post(edit_url(deployment), data)

    assert "Scheduler count: 1 → 4" in text(response)
    assert one(response, "form[data-warn]").has_attr("data-unsaved")
    assert one(response, "input[name=name]")["value"] == "Mine"
    assert one(response, "select[name=scheduler_au] option[selected]")["value"] == "9"
    assert one(response, "select[name=scheduler_replicas] option[selected]")["value"] == "4"
    assert one(response, "textarea[name=description]").get_text(strip=True) == "New"
    version = one(response, "input[name=version]")["value"]

    again = {**data, "version": version, "scheduler_replicas": "4", "description": "New"}
    assertRedirects(as_editor.post(edit_url(deployment), again), details_url(deployment))
    now = stored(deployment)
    assert (now.name, now.scheduler_au, now.scheduler_replicas, now.description) == ("Mine", 9, 4, "New")


def test_what_was_changed_back_is_not_worth_a_word(as_editor, other, deployment):
    data = sent(as_editor, deployment, name="Mine")
    update_deployment(other, deployment, description="Oops")
    update_deployment(other, deployment, description="")

    response = as_editor.post(edit_url(deployment), data)

    assert response.status_code == 409
    assertNotContains(response, "Oops", status_code=409)


@pytest.mark.parametrize("mine", ["", "My own"])
def test_a_text_too_long_for_the_log_is_still_told_from_ones_own(as_editor, other, deployment, mine):
    before, theirs = "😀" * 500, "😀" * 499 + "!"
    update_deployment(other, deployment, description=before)
    data = sent(as_editor, deployment, name="Mine", **({"description": mine} if mine else {}))
    update_deployment(other, deployment, description=theirs)

    response = as_editor.post(edit_url(deployment), data)

    assert response.status_code == 409
    assert "Description: 😀" in text(response)
    assert one(response, "textarea[name=description]").get_text(strip=True) == (mine or theirs)
