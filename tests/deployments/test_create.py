"""New Deployment: who may, what may be typed, and what stands in the database afterwards."""

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from deployments.models import Cluster, Deployment, RuntimeRelease
from tests.deployments.helpers import create_url, field_error, one, page, text, url
from tests.factories import create_cluster, create_deployment, create_runtime, create_workspace
from workspaces.models import AuditEvent


@pytest.fixture
def cluster(db):
    """The only cluster, unless a Deployment brings its own."""
    Cluster.objects.filter(deployments=None).delete()
    return create_cluster(name="east")


@pytest.fixture
def runtime(db):
    return create_runtime(version="13.9.1", airflow_version="3.3.2", position=1000)


@pytest.fixture
def choices(cluster, runtime):
    return {
        "name": "Nightly loads",
        "description": "Loads the warehouse.",
        "cluster": cluster.pk,
        "executor": "KubernetesExecutor",
        "runtime": runtime.pk,
        "scheduler_au": "10",
        "scheduler_replicas": "2",
    }


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
def test_an_editor_an_admin_and_an_owner_may(request, client, workspace, choices):
    response = request.getfixturevalue(client).post(create_url(workspace), choices)

    assertRedirects(response, url("deployments:open", Deployment.objects.get()), target_status_code=302)


def test_what_was_chosen_is_kept(as_editor, editor, workspace, choices, cluster, runtime):
    as_editor.post(create_url(workspace), choices)

    made = Deployment.objects.get()
    assert made.workspace == workspace
    assert (made.name, made.description) == ("Nightly loads", "Loads the warehouse.")
    assert (made.cluster, made.runtime, made.executor) == (cluster, runtime, "KubernetesExecutor")
    assert (made.scheduler_au, made.scheduler_replicas) == (10, 2)
    # Nobody has asked an Airflow yet.
    assert made.status == "UNKNOWN"
    assert (made.updated_by_kind, made.updated_by_id, made.updated_by_name) == (
        "user",
        editor.pk,
        "Eda Editor",
    )


def test_afterwards_the_deployment_opens_and_says_that_it_was_created(as_editor, workspace, choices):
    response = as_editor.post(create_url(workspace), choices, follow=True)

    assert response.redirect_chain[-1][0] == url("apikeys:index", Deployment.objects.get())
    assertContains(response, "Deployment Nightly loads was created.")
    assert one(response, ".facts .badge").get_text() == "Not connected"


@pytest.mark.parametrize("default", [True, False])
def test_ci_cd_enforcement_comes_from_the_workspace(as_editor, workspace, choices, default):
    workspace.ci_cd_enforced_by_default = default
    workspace.save()

    as_editor.post(create_url(workspace), choices)

    assert Deployment.objects.get().ci_cd_enforced is default


def test_the_form_offers_what_there_is(as_editor, workspace, cluster, runtime):
    create_runtime(version="1.0.0", is_offered=False)

    response = as_editor.get(create_url(workspace))

    releases = page(response).select("#id_runtime option")
    assert releases[0].get_text() == "13.9.1 (based on Airflow v3.3.2)"
    assert "1.0.0" not in {release["value"] for release in releases}
    assert one(response, "#id_executor option[selected]")["value"] == "CeleryExecutor"


def test_airflow_units_say_what_they_stand_for(as_editor, workspace):
    units = page(as_editor.get(create_url(workspace))).select("#id_scheduler_au option")

    assert [unit.get_text() for unit in units][:2] == ["5 AU (0.5 CPU, 1.88 GiB)", "6 AU (0.6 CPU, 2.25 GiB)"]
    assert units[-1].get_text() == "30 AU (3 CPU, 11.25 GiB)"


def test_the_only_cluster_is_selected(as_editor, workspace, cluster):
    selected = page(as_editor.get(create_url(workspace))).select("#id_cluster option[selected]")

    assert [option["value"] for option in selected] == [cluster.pk]


def test_of_several_clusters_none_is_selected(as_editor, workspace, cluster):
    create_cluster(name="west")

    options = page(as_editor.get(create_url(workspace))).select("#id_cluster option")

    assert [option.get_text() for option in options] == ["Select Cluster", "east", "west"]
    assert [option["value"] for option in options if "selected" in option.attrs] == [""]


def test_without_a_cluster_the_page_says_who_can_help(as_editor, workspace):
    Cluster.objects.all().delete()

    assert "An operator has to add a cluster and a runtime" in text(as_editor.get(create_url(workspace)))


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Enter a name."),
        ("name", "  \t ", "Enter a name."),
        ("name", "x" * 101, "Use at most 100 characters; this has 101."),
        ("name", "evil\u202egnp.exe", "Remove the invisible character U+202E."),
        ("name", "tab\there", "Remove the invisible character U+0009."),
        ("name", "bell\x07", "Remove the invisible character U+0007."),
        ("name", "zero\u200bwidth", "Remove the invisible character U+200B."),
        ("name", "nul\0", "Remove the invisible character U+0000."),
        ("description", "x" * 501, "Use at most 500 characters; this has 501."),
        ("description", "over\u202eturned", "Remove the invisible character U+202E."),
        ("cluster", "", "Select a cluster."),
        ("cluster", "c" + "0" * 24, "Select one of these clusters."),
        ("cluster", "\0", "Select one of these clusters."),
        ("executor", "LocalExecutor", "Select one of these executors."),
        ("executor", "", "Select an executor."),
        ("runtime", "", "Select a runtime."),
        ("runtime", "\0", "Select one of these runtimes."),
        ("scheduler_au", "4", "Select 5 to 30 AU."),
        ("scheduler_au", "", "Select 5 to 30 AU."),
        ("scheduler_au", "9" * 5000, "Select 5 to 30 AU."),
        ("scheduler_replicas", "0", "Select 1 to 4 schedulers."),
        ("scheduler_replicas", "two", "Select 1 to 4 schedulers."),
    ],
)
def test_bad_input_is_answered_beside_the_field(as_editor, workspace, choices, field, value, error):
    response = as_editor.post(create_url(workspace), {**choices, field: value})

    assert response.status_code == 422
    assert field_error(response, field) == error
    assert one(response, f"#id_{field}")["aria-invalid"] == "true"
    assert not Deployment.objects.exists()


def test_what_was_typed_is_kept(as_editor, workspace, choices):
    response = as_editor.post(create_url(workspace), {**choices, "name": "x" * 101})

    assert one(response, "#id_name")["value"] == "x" * 101
    assert one(response, "#id_description").get_text(strip=True) == "Loads the warehouse."
    selected = {option["value"] for option in page(response).select("option[selected]")}
    assert selected == {choices["cluster"], choices["runtime"], "KubernetesExecutor", "10", "2"}


@pytest.mark.parametrize(
    "name",
    ["<b>Bold</b> & co", "😀 Emoji 👩‍👩‍👧", "Größe", "数据", "x" * 100, "'quoted\"", "  spaces around  "],
)
def test_any_visible_name_is_kept_and_shown_as_text(as_editor, workspace, choices, name):
    response = as_editor.post(create_url(workspace), {**choices, "name": name}, follow=True)

    assert Deployment.objects.get().name == one(response, "h1").get_text() == name.strip()


@pytest.mark.parametrize("name", ["Production", "PRODUCTION", " production "])
def test_a_name_is_taken_once_in_a_workspace_whatever_its_case(
    as_editor, workspace, deployment, choices, name
):
    response = as_editor.post(create_url(workspace), {**choices, "name": name})

    assert response.status_code == 422
    assert field_error(response, "name") == "A Deployment with this name already exists in this Workspace."
    assert Deployment.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_another_workspace_may_have_the_same_name(as_editor, workspace, choices):
    create_deployment(workspace=create_workspace(), name="Nightly loads")

    as_editor.post(create_url(workspace), choices)

    assert Deployment.objects.filter(name="Nightly loads").count() == 2


def test_a_release_that_went_meanwhile_is_refused_beside_its_field(
    as_editor, workspace, choices, monkeypatch
):
    # The form was valid a moment ago; the service decides again.
    monkeypatch.setattr("deployments.forms.CreateForm.is_valid", withdrawing(choices["runtime"]))

    response = as_editor.post(create_url(workspace), choices)

    assert response.status_code == 422
    assert field_error(response, "runtime") == "This runtime is no longer offered. Select another one."


def withdrawing(version):
    from django import forms

    def is_valid(self):
        answer = forms.Form.is_valid(self)
        RuntimeRelease.objects.filter(pk=version).update(is_offered=False)
        return answer

    return is_valid
