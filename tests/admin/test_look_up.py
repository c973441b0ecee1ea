"""Finding the key of a leaked secret, without keeping, logging or repeating the secret."""

import logging

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.views.debug import ExceptionReporter

from apikeys import credentials, keys, leaks
from apikeys.key_secrets import reissue_secret
from apikeys.models import ApiKeySecret
from cloudui.web.principal import system_principal
from tests.deployments.helpers import field_error, page, signed_in
from tests.factories import create_api_key, create_user
from workspaces.models import AuditEvent
from workspaces.principals import principal_for

URL = "/admin/apikeys/apikey/look-up/"


@pytest.fixture
def issued(deployment, admin):
    return create_api_key(deployment, name="CI", by=admin)


@pytest.fixture
def secret(issued):
    return issued.secret.reveal()


def look_up(client, pasted):
    return client.post(URL, {"secret": pasted})


def found(response):
    return " ".join(page(response).select_one("[role=status]").get_text(" ").split())


def test_a_live_secret_leads_to_its_key(as_operator, issued, secret, admin):
    response = look_up(as_operator, secret)

    said = found(response)
    assert said.startswith("This secret is accepted at this moment. Disable or revoke its key.")
    for fact in ("CI", issued.key.pk, "Production", "Data Engineering", "Ada Admin", "number 1", "never"):
        assert fact in said
    link = page(response).select_one("[role=status] a")
    assert link["href"] == f"/admin/apikeys/apikey/{issued.key.pk}/change/"


@pytest.mark.parametrize(
    "around", ["  {}\n", "export ASTRONOMER_KEY_SECRET='{}'", "x" * 9000 + " {} " + "y" * 9000]
)
def test_the_line_in_which_it_was_found_will_do(as_operator, issued, secret, around):
    assert issued.key.pk in found(look_up(as_operator, around.format(secret)))


def test_the_last_use_is_told(as_operator, issued, secret):
    now = timezone.now()
    ApiKeySecret.objects.update(first_used_at=now, last_used_at=now, last_used_from="192.0.2.7")

    assert "from 192.0.2.7" in found(look_up(as_operator, secret))


def test_the_secret_of_a_disabled_key_is_told_apart(as_operator, issued, secret, admin):
    keys.disable_key(principal_for(admin), issued.key)

    assert found(look_up(as_operator, secret)).startswith("The key is disabled.")


def test_a_secret_that_was_replaced_is_told_apart(as_operator, issued, secret, admin):
    reissue_secret(principal_for(admin), issued.key)

    assert found(look_up(as_operator, secret)).startswith(
        "This secret has ended; the key may have another one."
    )


def test_the_secret_of_a_deleted_key_is_told_apart(as_operator, issued, secret):
    issued.key.delete()

    assert "its key has been deleted since" in found(look_up(as_operator, secret))


def test_a_secret_of_another_installation_is_told_apart_without_asking_the_database_for_it(
    as_operator, issued
):
    with CaptureQueriesContext(connection) as queries:
        response = look_up(as_operator, "cui1_1" + "a" * 54)

    assert found(response) == "This installation never issued this secret."
    assert not any("apikeys_apikeysecret" in query["sql"] for query in queries.captured_queries)


def test_looking_up_costs_no_argon2(as_operator, secret, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(credentials, "hash_secret", fail)
    monkeypatch.setattr(credentials, "verify", fail)

    assert look_up(as_operator, secret).status_code == 200


@pytest.mark.parametrize(
    "pasted", ["", "   ", "nothing like it", "cui1_short", "cui1_" + "!" * 55, "x" * 20_001, "a\x00b"]
)
def test_what_is_no_secret_is_refused_beside_the_field_and_not_repeated(as_operator, pasted):
    response = look_up(as_operator, pasted)

    assert response.status_code == 422
    assert field_error(response, "secret")
    assert page(response).find("input", {"name": "secret"}).get("value") is None


@pytest.mark.threat("T-S6")
def test_the_look_up_is_audited_without_the_secret(as_operator, operator, issued, secret):
    look_up(as_operator, secret)

    event = AuditEvent.objects.latest("pk")
    assert (event.operation, event.subject_id, event.target) == (
        "lookUpLeakedSecret",
        operator.pk,
        issued.key.pk,
    )
    assert event.deployment == issued.key.deployment_id
    assert event.input == {"name": issued.key.name, "found": "known", "secret": 1}


@pytest.mark.threat("T-S6")
@pytest.mark.threat("T-S4")
def test_the_secret_is_neither_repeated_nor_stored_nor_logged(as_operator, secret, caplog):
    caplog.set_level(logging.DEBUG)

    with CaptureQueriesContext(connection) as queries:
        response = look_up(as_operator, f"found {secret} here")

    everything = [
        response.content.decode(),
        caplog.text,
        *(query["sql"] for query in queries.captured_queries),
    ]
    assert not any(secret in text for text in everything)
    assert not any(secret in str(row) for row in _every_row())


def _every_row():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield from cursor.fetchall()


@pytest.mark.threat("T-S5")
def test_a_failure_while_looking_up_tells_nothing(as_operator, secret, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr(credentials, "fingerprints", fail)
    as_operator.raise_request_exception = False

    response = look_up(as_operator, secret)

    (record,) = (record for record in caplog.records if record.name == "django.request")
    report = ExceptionReporter(record.request, *record.exc_info)
    assert response.status_code == 500
    assert "broken" in report.get_traceback_text()
    for place in (
        report.get_traceback_html(),
        report.get_traceback_text(),
        response.content.decode(),
        caplog.text,
    ):
        assert secret not in place


@pytest.mark.parametrize(("permissions", "status"), [(["view_user"], 403), (["view_apikey"], 200)])
def test_it_is_for_those_who_may_see_keys(db, permissions, status):
    user = create_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = signed_in(user)

    assert client.get(URL).status_code == status
    assert look_up(client, "cui1_1" + "a" * 54).status_code == status


def test_no_get_finds_anything(as_operator, secret):
    response = as_operator.get(URL, {"secret": secret})

    assert response.status_code == 400
    assert "Rotate the secret." in response.content.decode()
    assert secret not in response.content.decode()


def test_the_page_is_kept_by_no_cache(as_operator, secret):
    assert "no-store" in look_up(as_operator, secret)["Cache-Control"]


def test_the_installation_itself_may_look_up_too(issued, secret):
    finding = leaks.look_up(system_principal("shell"), issued.secret)

    assert finding.secret.key == issued.key
