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


def test_an_outsider_gets_404(as_outsider, deployment):
    assert as_outsider.get(activity_url(deployment)).status_code == 404


@pytest.mark.parametrize("client", ["as_member", "as_editor", "as_admin", "as_owner"])
def test_every_member_may_read_it(request, client, deployment):
    happen(deployment, "createDeployment")

    response = request.getfixturevalue(client).get(activity_url(deployment))

    assert response.status_code == 200
    assert said(response) == ["created the Deployment"]


@pytest.mark.parametrize(
    ("operation", "given", "sentence"),
    [
        ("createDeploymentApiKey", {"name": "CI"}, "created the API Key CI"),
        ("deleteDeploymentApiKey", {"id": "k" * 32, "name": "CI"}, "deleted the API Key CI"),
        ("updateDeploymentApiKey", {"name": "CI", "before": {"name": "CI"}}, "changed the API Key CI"),
        (
            "updateDeploymentApiKey",
            {"name": "CD", "before": {"name": "CI", "description": ""}},
            "changed the API Key CD (before: CI )",
        ),
        (
            "acknowledgeDeploymentApiKey",
            {"secret": 1},
            "confirmed having saved the secret of the API Key",
        ),
        ("reissueDeploymentApiKeySecret", {"secret": 2}, "issued a new secret for the API Key"),
        ("rotateDeploymentApiKeySecret", {"secret": 2}, "rotated the secret of the API Key"),
        ("tokenIssued", {"secret": 1, "firstUse": True}, "used its secret for the first time"),
    ],
)
def test_what_is_done_to_a_key_is_said_with_its_name_and_id(
    as_member, deployment, operation, given, sentence
):
    happen(deployment, operation, target="K" * 32, given=given)

    assert said(as_member.get(activity_url(deployment))) == [f"{sentence} {'K' * 32}"]


def test_a_reason_is_said(as_member, deployment):
    given = {"name": "CI", "reason": "Seen in a public log"}
    happen(deployment, "disableDeploymentApiKey", target="K" * 32, given=given)

    assert said(as_member.get(activity_url(deployment))) == [
        f"disabled the API Key CI {'K' * 32} Reason: Seen in a public log"
    ]


def test_a_refusal_says_its_reason_once(as_member, deployment):
    happen(
        deployment,
        "tokenRefused",
        by=PIPELINE,
        target=PIPELINE.id,
        given={"reason": "disabled", "secret": 1},
        result="disabled",
    )

    assert said(as_member.get(activity_url(deployment))) == [
        f"was refused an access token {PIPELINE.id} disabled"
    ]


def test_an_operation_without_words_is_shown_by_its_name(as_member, deployment):
    happen(deployment, "somethingNew")

    assert said(as_member.get(activity_url(deployment))) == ["somethingNew"]


@pytest.mark.parametrize("given", [{"name": ["a"]}, {"name": 1, "before": "x"}, {"before": None}])
def test_an_input_of_another_shape_is_no_error(as_member, deployment, given):
    happen(deployment, "updateDeploymentApiKey", target="K" * 32, given=given)

    assert said(as_member.get(activity_url(deployment))) == [f"changed the API Key {'K' * 32}"]


def test_a_result_other_than_ok_is_shown(as_member, deployment):
    happen(deployment, "updateDeployment", result="refused")

    assert said(as_member.get(activity_url(deployment))) == ["changed the Deployment refused"]


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


@pytest.mark.parametrize(
    ("operation", "given", "touched"),
    [
        (
            "updateDeployment",
            {
                "executor": "KubernetesExecutor",
                "before": {"executor": "CeleryExecutor", "ciCdEnforced": False},
                "deletedQueues": ["default"],
            },
            "changed the Deployment executor, CI/CD Enforcement, worker queue default (deleted)",
        ),
        (
            "updateDeploymentVariables",
            {"variables": [{"key": f"V{n}", "isSecret": True, "change": "added"} for n in range(7)]},
            (
                "changed the environment variables "
                "V0 (added), V1 (added), V2 (added), V3 (added), V4 (added) and 2 more"
            ),
        ),
        (
            "updateDeploymentAlerts",
            {"added": ["a@example.com"], "deleted": ["b@example.com"]},
            "changed the Alert Emails a@example.com (added), b@example.com (deleted)",
        ),
    ],
)
def test_a_change_says_what_it_touched(as_member, deployment, operation, given, touched):
    happen(deployment, operation, given=given)

    assert said(as_member.get(activity_url(deployment))) == [touched]


def test_names_with_markup_are_text(as_member, deployment):
    by = Principal(kind=Kind.USER, id="c1", name="<b>Eve</b>")
    happen(deployment, "<i>op</i>", by=by, target="K", given={"name": "<script>x</script>"})

    response = as_member.get(activity_url(deployment))

    for markup in ("<b>Eve", "<i>op", "<script>x"):
        assertNotContains(response, markup)


def test_htmx_gets_the_list_alone(as_member, deployment):
    response = as_member.get(activity_url(deployment), headers=HX)

    assert response.template_name == "deployments/activity.html#activity-list"


def test_more_events_take_no_more_queries(as_member, deployment, django_assert_num_queries):
    happen(deployment, "createDeployment")
    with django_assert_num_queries(5):
        as_member.get(activity_url(deployment))

    for number in range(25):
        happen(deployment, f"operation{number}")
    with django_assert_num_queries(5):
        as_member.get(activity_url(deployment))
