"""The bearer: who is recognised by an access token, and that whatever ends a key ends its tokens at once."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys import access, key_secrets, keys
from apikeys.models import ApiKeySecret, Reason, Refusal
from apikeys.tokens import access_tokens
from apikeys.tokens.bearer import identify
from cloudui.web.principal import system_principal
from deployments.service import delete_deployment
from tests.apikeys.machine import error_of, exchange, token_of, whoami
from tests.factories import create_deployment, create_owner
from workspaces.models import Membership

pytestmark = [pytest.mark.django_db, pytest.mark.rfc("6750", "3.1")]


def is_refused(token: str) -> bool:
    response = whoami(token)
    if response.status_code == 200:
        return False
    assert (response.status_code, error_of(response)) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    return True


def test_a_call_with_a_token_is_one_query(token):
    whoami(token)

    with CaptureQueriesContext(connection) as queries:
        assert whoami(token).status_code == 200

    assert len(queries) == 1


@pytest.mark.rfc("6750", "3")
def test_without_a_token_the_answer_only_says_what_to_send():
    response = Client().get("/v1/whoami")

    assert (response.status_code, error_of(response)) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Cloud UI"'


@pytest.mark.parametrize("header", ["", "Basic YTpi", "bearer", "Token abc"])
def test_other_headers_are_no_token(header):
    response = Client().get("/v1/whoami", headers={"Authorization": header})

    assert response.status_code == 401
    assert "error=" not in response.headers["WWW-Authenticate"] or header == "bearer"


@pytest.mark.rfc("7235", "2.1")
def test_the_scheme_is_read_in_any_case(token):
    assert Client().get("/v1/whoami", headers={"Authorization": f"bEARER {token}"}).status_code == 200


@pytest.mark.rfc("9110", "11.4")
@pytest.mark.parametrize("header", ["Bearer  {}", "Bearer     {}", "Bearer {} ", " Bearer  {}  "])
def test_spaces_around_a_token_count_for_nothing(token, header):
    answer = Client().get("/v1/whoami", headers={"Authorization": header.format(token).strip()})
    inside = Client().get("/v1/whoami", headers={"Authorization": f"Bearer {token[:9]} {token[9:]}"})

    assert (answer.status_code, inside.status_code) == (200, 401)


@pytest.mark.parametrize("text", ["abc", "a b", "abc,def", "é", "a" * 9000, "Bearer x", "=", "\x7f"])
def test_nonsense_is_an_invalid_token_and_costs_no_query_about_keys(text, token):
    with CaptureQueriesContext(connection) as queries:
        assert is_refused(text)

    assert len(queries) == 0


@pytest.mark.threat("T-J9")
@pytest.mark.rfc("6750", "2.3")
def test_a_token_in_the_address_is_never_read(token):
    for address in (f"/v1/whoami?access_token={token}", f"/v1/whoami?access%5Ftoken={token}"):
        response = Client().get(address)

        assert (response.status_code, error_of(response)) == (400, "invalid_request")


def test_a_session_opens_no_route_for_programs(as_admin):
    response = as_admin.get("/v1/whoami")

    assert (response.status_code, error_of(response)) == (401, "unauthorized")


def test_a_token_opens_no_page(token, deployment, admin):
    person, _ = access_tokens.mint_for_user(admin)

    for bearer in (token, person):
        for path in ("/", f"/{deployment.workspace_id}/deployments/{deployment.pk}/api-keys"):
            response = Client().get(path, headers={"Authorization": f"Bearer {bearer}"})

            assert response.status_code == 302
            assert response["Location"].startswith("/account/login")


@pytest.mark.threat("T-J6")
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(keys.delete_key, id="deleting"),
        pytest.param(keys.disable_key, id="disabling"),
        pytest.param(
            lambda caller, key: keys.disable_as_operator(system_principal("test"), key.pk, reason="test"),
            id="an operator's disabling",
        ),
        pytest.param(
            lambda caller, key: key_secrets.rotate_secret(caller, key, overlap=timedelta(0)), id="rotating"
        ),
        pytest.param(
            lambda caller, key: delete_deployment(caller, key.deployment), id="its Deployment's end"
        ),
    ],
)
def test_whatever_ends_a_key_ends_its_tokens_at_once(token, issued, as_caller, end):
    assert not is_refused(token)

    end(as_caller, issued.key)

    assert is_refused(token)


@pytest.mark.threat("T-J6")
def test_enabling_does_not_revive_them(token, issued, as_caller):
    keys.disable_key(as_caller, issued.key)
    is_refused(token)
    assert Refusal.objects.get().reason == Reason.DISABLED

    keys.enable_key(as_caller, issued.key)

    assert is_refused(token)
    assert not is_refused(token_of(issued))


@pytest.mark.threat("T-J6")
def test_issuing_the_secret_anew_ends_them(issued, as_caller, deployment):
    early, _ = access_tokens.mint_for_key(
        key_id=issued.key.pk,
        deployment=deployment.pk,
        workspace=deployment.workspace_id,
        secret=1,
        generation=1,
        ends_at=None,
    )
    assert not is_refused(early)

    key_secrets.reissue_secret(as_caller, issued.key)

    assert is_refused(early)


@pytest.mark.threat("T-J6")
def test_during_an_overlap_both_secrets_work_and_end_now_ends_the_old_one(token, issued, as_caller):
    rotated = key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(hours=1))
    newer = token_of(rotated)
    assert not is_refused(token)
    assert not is_refused(token_of(issued))

    key_secrets.end_secret(as_caller, rotated.key, number=1)

    assert is_refused(token)
    assert not is_refused(newer)


@pytest.mark.threat("T-J6")
def test_a_token_of_the_old_secret_lives_exactly_through_the_overlap(token, issued, as_caller):
    key_secrets.rotate_secret(as_caller, issued.key, overlap=timedelta(hours=1))

    ApiKeySecret.objects.filter(number=1).update(ends_at=timezone.now() + timedelta(seconds=30))
    assert not is_refused(token)
    ApiKeySecret.objects.filter(number=1).update(ends_at=timezone.now())

    assert is_refused(token)
    assert Refusal.objects.get().reason == Reason.SECRET_ENDED


@pytest.mark.threat("T-L1")
def test_removing_the_maker_of_a_key_leaves_the_key_alone(token, issued, admin):
    Membership.objects.filter(user=admin).delete()
    assert not is_refused(token)
    assert exchange(issued).status_code == 200

    get_user_model().objects.get(pk=admin.pk).delete()

    assert not is_refused(token)
    assert exchange(issued).status_code == 200


@pytest.mark.threat("T-J4")
def test_a_key_that_moved_to_another_deployment_leaves_its_tokens_behind(token, issued):
    issued.key.deployment = create_deployment()
    issued.key.save()

    assert is_refused(token)


def test_a_persons_token_is_the_person(admin):
    token, _ = access_tokens.mint_for_user(admin)

    with CaptureQueriesContext(connection) as queries:
        content = whoami(token).json()

    assert (content["kind"], content["id"]) == ("user", admin.pk)
    assert len(queries) <= 4, "one about the person and one about the Workspaces, beside the signing keys"


@pytest.mark.threat("T-L1")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda people: people.update(security_stamp="another"), id="stamp"),
        pytest.param(lambda people: people.update(is_active=False), id="active"),
        pytest.param(lambda people: people.delete(), id="gone"),
    ],
)
def test_whatever_ends_the_persons_sessions_ends_the_token(admin, change):
    token, _ = access_tokens.mint_for_user(admin)
    assert not is_refused(token)

    change(get_user_model().objects.filter(pk=admin.pk))

    assert is_refused(token)


def test_an_owners_token_is_an_owner_as_long_as_the_person_is_one():
    owner = create_owner()
    token, _ = access_tokens.mint_for_user(owner)
    assert "organization:owner" in whoami(token).json()["rights"]

    owner.organization_role = "member"
    owner.save()

    assert whoami(token).json()["rights"] == ["organization:member"]


@pytest.mark.threat("T-L5")
def test_neither_a_key_nor_a_persons_token_touches_keys(issued, admin, deployment, rf):
    person, _ = access_tokens.mint_for_user(admin)
    place = (deployment.workspace_id, deployment.pk, issued.key.pk)
    for token in (token_of(issued), person):
        caller = identify(rf.get("/v1/whoami", headers={"Authorization": f"Bearer {token}"}))
        assert caller is not None
        for function in (access.key_to_manage, access.key_to_view):
            with pytest.raises(PermissionDenied):
                function(caller, *place)
