"""API keys in the admin site: facts, and three things that an operator does to a key, each with its reason."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys.models import ApiKey, ApiKeySecret
from tests.admin.forms import errors
from tests.deployments.helpers import page, signed_in, text
from tests.factories import create_api_key, create_user
from workspaces.models import AuditEvent

LIST = "/admin/apikeys/apikey/"


@pytest.fixture
def key(deployment, admin):
    key = create_api_key(deployment, name="CI", by=admin).key
    # What it took to make the key is not what these tests are about.
    return ApiKey.objects.get(pk=key.pk)


def events():
    return AuditEvent.objects.exclude(operation="createDeploymentApiKey")


def act(client, name, *keys, **fields):
    return client.post(LIST, {"action": name, "_selected_action": [key.pk for key in keys], **fields})


def confirm(client, name, *keys, reason="Found in a public repository"):
    return act(client, name, *keys, confirm="yes", reason=reason)


def operator_with(*permissions):
    user = create_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


def test_the_list_shows_where_a_key_belongs(as_operator, key):
    row = page(as_operator.get(LIST)).select_one("#result_list tbody tr")

    cells = [cell.get_text(strip=True) for cell in row.select("th, td")]
    assert cells[1:5] == [key.pk, "CI", "Production", "Data Engineering"]


@pytest.mark.parametrize("words", ["key", "name", "deployment", "namespace", "creator"])
def test_a_key_is_found_by_what_is_known_of_it(as_operator, key, words):
    known = {
        "key": key.pk,
        "name": "ci",
        "deployment": key.deployment_id,
        "namespace": key.deployment.release_name,
        "creator": '"Ada Admin"',
    }

    assert len(page(as_operator.get(LIST, {"q": known[words]})).select("#result_list tbody tr")) == 1


def test_the_page_of_a_key_shows_facts_and_no_form(as_operator, key):
    response = as_operator.get(f"{LIST}{key.pk}/change/")

    assert "Ada Admin" in text(response)
    assert page(response).select("#apikey_form [name]:not([type=hidden])") == []
    assert page(response).select_one(".deletelink") is None


@pytest.mark.threat("T-S6")
def test_nothing_adds_or_edits_a_key(as_operator, key):
    before = ApiKey.objects.values().get(pk=key.pk)
    secrets = list(ApiKeySecret.objects.values())
    crafted = {"name": "planted", "encoded": "planted", "secrets-0-encoded": "planted", "is_enabled": ""}

    answers = [
        as_operator.get(f"{LIST}add/"),
        as_operator.post(f"{LIST}add/", crafted),
        as_operator.post(f"{LIST}{key.pk}/change/", crafted),
        as_operator.post(f"{LIST}{key.pk}/delete/", {"post": "yes"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert ApiKey.objects.values().get(pk=key.pk) == before
    assert list(ApiKeySecret.objects.values()) == secrets


@pytest.mark.parametrize("name", ["disable", "enable", "revoke"])
def test_an_action_asks_for_the_reason_first(as_operator, key, name):
    response = act(as_operator, name, key)

    assert response.status_code == 200
    assert f"CI ( {key.pk} ) of Production in Data Engineering" in text(response)
    assert page(response).find("input", {"name": "reason"}) is not None
    assert ApiKey.objects.get(pk=key.pk).generation == key.generation
    assert not events().exists()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "a\u202eb"])
def test_without_a_reason_nothing_happens(as_operator, key, reason):
    response = confirm(as_operator, "revoke", key, reason=reason)

    assert response.status_code == 422
    assert errors(response) or page(response).select_one("[id$=_error]")
    assert ApiKey.objects.filter(pk=key.pk).exists()


def test_disabling_ends_what_the_key_opens_until_it_is_enabled_again(as_operator, operator, key):
    confirm(as_operator, "disable", key)

    disabled = ApiKey.objects.get(pk=key.pk)
    assert not disabled.is_enabled
    assert disabled.disabled_at is not None
    assert disabled.generation == key.generation + 1
    event = events().get()
    assert (event.operation, event.subject_id, event.target) == (
        "disableDeploymentApiKey",
        operator.pk,
        key.pk,
    )
    assert (event.workspace, event.deployment) == (key.deployment.workspace_id, key.deployment_id)
    assert event.input == {
        "id": key.pk,
        "name": "CI",
        "reason": "Found in a public repository",
        "byOperator": True,
    }


def test_enabling_accepts_the_key_again_and_its_old_tokens_not(as_operator, key):
    confirm(as_operator, "disable", key)
    confirm(as_operator, "enable", key, reason="A false alarm")

    enabled = ApiKey.objects.get(pk=key.pk)
    assert (enabled.is_enabled, enabled.disabled_at) == (True, None)
    assert enabled.generation == key.generation + 2
    assert events().latest("pk").operation == "enableDeploymentApiKey"


@pytest.mark.parametrize(
    ("first", "again"), [("disable", "disable"), ("revoke", "revoke"), ("revoke", "disable")]
)
def test_what_is_done_already_is_no_second_event(as_operator, key, first, again):
    confirm(as_operator, first, key)
    count = events().count()

    confirm(as_operator, again, key)

    assert events().count() == count


def test_revoking_deletes_the_key_its_secrets_and_its_place_in_the_count(as_operator, key):
    response = confirm(as_operator, "revoke", key)

    assert "1 API key revoked." in text(as_operator.get(response["Location"]))
    assert not ApiKey.objects.exists()
    assert not ApiKeySecret.objects.exists()
    key.deployment.refresh_from_db()
    assert key.deployment.api_key_count == 0
    event = events().get()
    assert (event.operation, event.target) == ("deleteDeploymentApiKey", key.pk)
    assert event.input["reason"] == "Found in a public repository"


def test_several_keys_go_at_once(as_operator, deployment, key):
    other = create_api_key(deployment, name="Other").key

    response = confirm(as_operator, "revoke", key, other)

    assert "2 API keys revoked." in text(as_operator.get(response["Location"]))
    assert not ApiKey.objects.exists()


def test_more_than_a_hundred_at_once_is_an_accident(as_operator, key):
    ApiKey.objects.bulk_create(
        ApiKey(deployment=key.deployment, name="x", creation_nonce=f"{number:032}") for number in range(101)
    )

    response = act(as_operator, "revoke", key, select_across="1", confirm="yes", reason="A mistake")

    assert "Choose at most 100 keys at once." in text(as_operator.get(response["Location"]))
    assert ApiKey.objects.count() == 102


@pytest.mark.threat("T-S7")
def test_without_its_audit_event_nothing_is_disabled(as_operator, key, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr("workspaces.audit.record", fail)

    with pytest.raises(RuntimeError):
        confirm(as_operator, "disable", key)

    assert ApiKey.objects.get(pk=key.pk).is_enabled


@pytest.mark.parametrize(
    ("permissions", "may"),
    [
        (["view_apikey"], set()),
        (["view_apikey", "change_apikey"], {"disable", "enable"}),
        (["view_apikey", "delete_apikey"], {"revoke"}),
    ],
)
def test_each_action_needs_its_permission(key, permissions, may):
    client = operator_with(*permissions)

    offered = {option["value"] for option in page(client.get(LIST)).select("select[name=action] option")} - {
        ""
    }

    assert offered == may
    for name in {"disable", "revoke"} - may:
        confirm(client, name, key)
    assert ApiKey.objects.filter(pk=key.pk, is_enabled=True).exists()


def test_a_key_has_its_actions_on_its_own_page(as_operator, key):
    tools = page(as_operator.get(f"{LIST}{key.pk}/change/")).select(".object-tools form")

    assert [form.find("button").get_text() for form in tools] == ["Disable", "Revoke"]
    assert {form["action"] for form in tools} == {LIST}


@pytest.mark.threat("T-W5")
def test_names_are_text_and_nothing_else(as_operator, deployment):
    payload = "<img src=x onerror=alert(1)>{{7*7}}"
    key = create_api_key(deployment, name=payload).key

    for response in (
        as_operator.get(LIST),
        as_operator.get(f"{LIST}{key.pk}/change/"),
        act(as_operator, "revoke", key),
    ):
        assert payload in text(response)
        assert page(response).select("img[src=x]") == []


def test_the_list_takes_the_same_number_of_queries_with_many_keys_and_counts_no_further_than_needed(
    as_operator, key
):
    with CaptureQueriesContext(connection) as few:
        as_operator.get(LIST)
    ApiKey.objects.bulk_create(
        ApiKey(deployment=key.deployment, name="x", creation_nonce=f"{number:032}") for number in range(200)
    )

    with CaptureQueriesContext(connection) as many:
        as_operator.get(LIST)

    assert len(many) == len(few)
    counts = [query["sql"] for query in many.captured_queries if "COUNT" in query["sql"]]
    assert all("LIMIT 10000" in count for count in counts)
