"""The Activity tab: what happened to the Deployment, in plain words, newest first, for its members."""

import pytest
from django.db import transaction
from pytest_django.asserts import assertContains, assertNotContains

from cloudui.web.principal import Kind, Origin, Principal, system_principal
from tests.deployments.helpers import HX, page, text, url
from tests.factories import create_deployment
from workspaces import audit

EDA = Principal(kind=Kind.USER, id="c1", name="Eda Editor", origin=Origin(address="203.0.113.7"))
PIPELINE = Principal(kind=Kind.API_KEY, id="k" * 32, name="CI deploys")


def happen(deployment, operation, *, by=EDA, target=None, given=None, result="ok"):
    with transaction.atomic():
        audit.record(
            by,
            operation,
            workspace=deployment.workspace_id,
            deployment=deployment.pk,
            target=target or deployment.pk,
            input=given,
            result=result,
        )


def activity_url(deployment):
    return url("deployments:activity", deployment)


def said(response):
    rows = page(response).select("tbody tr")
    return [" ".join(row.select("td")[1].get_text(" ").split()) for row in rows]


@pytest.mark.parametrize("client", ["as_member", "as_editor", "as_admin", "as_owner"])
def test_every_member_may_read_it(request, client, deployment):
    happen(deployment, "createDeployment")

    response = request.getfixturevalue(client).get(activity_url(deployment))

    assert response.status_code == 200
    assert said(response) == ["created the Deployment"]


KEY = "K" * 32


@pytest.mark.parametrize(
    ("operation", "target", "given", "result", "sentence"),
    [
        ("createDeploymentApiKey", KEY, {"name": "CI"}, "ok", f"created the API Key CI {KEY}"),
        ("deleteDeploymentApiKey", KEY, {"id": KEY, "name": "CI"}, "ok", f"deleted the API Key CI {KEY}"),
        (
            "updateDeploymentApiKey",
            KEY,
            {"name": "CI", "before": {"name": "CI"}},
            "ok",
            f"changed the API Key CI {KEY}",
        ),
        (
            "updateDeploymentApiKey",
            KEY,
            {"name": "CD", "before": {"name": "CI", "description": ""}},
            "ok",
            f"changed the API Key CD (before: CI ) {KEY}",
        ),
        (
            "acknowledgeDeploymentApiKey",
            KEY,
            {"secret": 1},
            "ok",
            f"confirmed having saved the secret of the API Key {KEY}",
        ),
        (
            "reissueDeploymentApiKeySecret",
            KEY,
            {"secret": 2},
            "ok",
            f"issued a new secret for the API Key {KEY}",
        ),
        (
            "rotateDeploymentApiKeySecret",
            KEY,
            {"secret": 2},
            "ok",
            f"rotated the secret of the API Key {KEY}",
        ),
        ("tokenIssued", KEY, {"secret": 1}, "ok", f"used its secret for the first time {KEY}"),
        (
            "disableDeploymentApiKey",
            KEY,
            {"name": "CI", "reason": "Seen in a public log"},
            "ok",
            f"disabled the API Key CI {KEY} Reason: Seen in a public log",
        ),
        # The reason of a refusal is its result.
        (
            "tokenRefused",
            KEY,
            {"reason": "disabled", "secret": 1},
            "disabled",
            f"was refused {KEY} disabled",
        ),
        (
            "tokenRefused",
            KEY,
            {"reason": "secret_ended", "secret": 1},
            "secret_ended",
            f"was refused {KEY} secret ended",
        ),
        (
            "createDeploy",
            "d" * 25,
            {
                "id": "d" * 25,
                "description": "Nightly",
                "files": 3,
                "client": "astro 1.45.0",
                "commit": "ab" * 20,
            },
            "ok",
            "deployed DAGs with astro 1.45.0, commit abababa, “Nightly”",
        ),
        (
            "createDeploy",
            "d" * 25,
            {"files": 0, "image": "registry.example.com/etl:1", "client": "astro CLI 1.15.1"},
            "ok",
            "deployed an image registry.example.com/etl:1, with astro CLI 1.15.1",
        ),
        (
            "rollBackDeploy",
            "d" * 25,
            {"files": 3, "description": "Back"},
            "ok",
            "rolled DAGs back “Back”",
        ),
        ("somethingNew", None, None, "ok", "somethingNew"),
        ("updateDeployment", None, None, "refused", "changed the Deployment refused"),
        # Inputs of another shape are no errors.
        ("updateDeploymentApiKey", KEY, {"name": ["a"]}, "ok", f"changed the API Key {KEY}"),
        ("updateDeploymentApiKey", KEY, {"name": 1, "before": "x"}, "ok", f"changed the API Key {KEY}"),
        ("updateDeploymentApiKey", KEY, {"before": None}, "ok", f"changed the API Key {KEY}"),
        (
            "updateDeployment",
            None,
            {
                "executor": "KubernetesExecutor",
                "before": {"executor": "CeleryExecutor", "ciCdEnforced": False},
                "deletedQueues": ["default"],
            },
            "ok",
            "changed the Deployment executor, CI/CD Enforcement, worker queue default (deleted)",
        ),
        (
            "updateDeploymentVariables",
            None,
            {"variables": [{"key": f"V{n}", "isSecret": True, "change": "added"} for n in range(7)]},
            "ok",
            (
                "changed the environment variables "
                "V0 (added), V1 (added), V2 (added), V3 (added), V4 (added) and 2 more"
            ),
        ),
        (
            "updateDeploymentVariables",
            None,
            {
                "variables": [{"key": f"V{n}", "isSecret": True, "change": "added"} for n in range(3)],
                "counts": {"added": 415},
                "cut": {"variables": 412, "variables[].key": 9},
            },
            "ok",
            "changed the environment variables V0 (added), V1 (added), V2 (added) and 412 more",
        ),
        (
            "updateDeploymentAlerts",
            None,
            {"added": ["a@example.com"] * 5, "deleted": ["b@e.com"], "cut": {"added": 40, "deleted": 4}},
            "ok",
            f"changed the Alert Emails {', '.join(['a@example.com (added)'] * 5)} and 45 more",
        ),
        (
            "updateDeploymentAlerts",
            None,
            {"added": ["a@example.com"], "deleted": ["b@example.com"]},
            "ok",
            "changed the Alert Emails a@example.com (added), b@example.com (deleted)",
        ),
    ],
)
def test_an_event_is_said_in_words(as_member, deployment, operation, target, given, result, sentence):
    happen(deployment, operation, target=target, given=given, result=result)

    assert said(as_member.get(activity_url(deployment))) == [sentence]


def test_who_did_it_is_said_and_what_kind_it_is(as_member, deployment):
    happen(deployment, "createDeployment", by=EDA)
    happen(deployment, "updateDeployment", by=PIPELINE)
    happen(deployment, "updateDeployment", by=system_principal("housekeeping"))

    rows = page(as_member.get(activity_url(deployment))).select("tbody tr")
    assert [" ".join(row.td.get_text(" ").split()) for row in rows] == [
        "housekeeping System",
        "CI deploys API Key",
        "Eda Editor",
    ]


def test_addresses_are_for_editors_and_admins(as_member, as_editor, deployment):
    happen(deployment, "createDeployment")

    assertNotContains(as_member.get(activity_url(deployment)), "203.0.113.7")
    assertContains(as_editor.get(activity_url(deployment)), "203.0.113.7")


def test_events_of_other_deployments_are_not_shown(as_owner, deployment):
    happen(create_deployment(), "createDeployment")

    assert "Nothing has been recorded" in text(as_owner.get(activity_url(deployment)))


def test_it_is_paged_newest_first(as_member, deployment):
    for number in range(27):
        happen(deployment, f"operation{number}")

    first = as_member.get(activity_url(deployment))
    older = page(first).select_one("a[rel=next]")
    assert older is not None
    second = as_member.get(str(older["href"]))
    newer = page(second).select_one("a[rel=prev]")
    assert newer is not None

    assert said(first) == [f"operation{number}" for number in range(26, 1, -1)]
    assert said(second) == ["operation1", "operation0"]
    assert said(as_member.get(str(newer["href"]))) == said(first)


@pytest.mark.parametrize("query", ["?after=%00", "?before=bm9uc2Vuc2U", "?after=WyJzIiwgIngiLCAieSJd"])
def test_nonsense_in_the_address_shows_the_first_page(as_member, deployment, query):
    happen(deployment, "createDeployment")

    assert said(as_member.get(activity_url(deployment) + query)) == ["created the Deployment"]


def test_names_with_markup_are_text(as_member, deployment):
    by = Principal(kind=Kind.USER, id="c1", name="<b>Eve</b>")
    happen(deployment, "<i>op</i>", by=by, target="K", given={"name": "<script>x</script>"})

    response = as_member.get(activity_url(deployment))

    for markup in ("<b>Eve", "<i>op", "<script>x"):
        assertNotContains(response, markup)


def test_htmx_gets_the_list_alone(as_member, deployment):
    response = as_member.get(activity_url(deployment), headers=HX)

    assert response.template_name == "deployments/activity.html#activity-list"
