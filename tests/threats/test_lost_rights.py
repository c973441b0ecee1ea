"""Rights are read when they are used: what was lost since the page was opened, or since the click, is lost."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

import deployments.access
import workspaces.access
from apikeys import key_secrets, keys
from apikeys.models import ApiKey, ApiKeySecret
from tests.apikeys.machine import exchange, token_of, whoami
from tests.cast import HX
from tests.factories import create_api_key
from tests.house.routes import ASK_AIRFLOW, FOR_MEMBERS, ONLY_FILL_IN, body, forms, make_ready
from tests.house.walk import ask, undone
from workspaces.models import Membership, OrganizationRole, Role, User, Workspace
from workspaces.principals import principal_for, with_current_rights
from workspaces.service import create_workspace

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L1")]

# Their queries are prepared once, so that `visible_to` is not called at every look.
LOOKS = (deployments.access, workspaces.access)


@pytest.fixture
def membership(cast):
    return Membership.objects.filter(user=cast.people["admin"])


@pytest.fixture(params=[None, HX], ids=["page", "htmx"])
def headers(request):
    return request.param


def test_a_person_removed_while_a_form_was_open_finds_nothing_and_changes_nothing(cast, membership, headers):
    for route in _forms_of_a_workspace(cast):
        with undone():
            make_ready(route, cast)
            membership.delete()

            answer = ask(cast.client("admin"), route.path(cast), "POST", body(route, cast), headers=headers)

            assert (answer.status, answer.changes) == (404, ()), str(route)


def test_a_person_demoted_while_a_form_was_open_is_told_why_and_changes_nothing(cast, membership, headers):
    for route in _forms_of_a_workspace(cast):
        if route.name in FOR_MEMBERS:
            continue
        with undone():
            make_ready(route, cast)
            membership.update(role=Role.MEMBER)

            answer = ask(cast.client("admin"), route.path(cast), "POST", body(route, cast), headers=headers)

            assert (answer.status, answer.changes) == (403, ()), str(route)
            assert b"Your role here is Member." in answer.body, str(route)


def test_a_person_removed_between_the_click_and_the_change_changes_nothing(cast, membership, monkeypatch):
    """A view looks first, and whatever changes something looks again under the lock."""
    looks = []

    def look_again_after_removal(look):
        def visible(**asked):
            looks.append(asked)
            if len(looks) == 2:
                membership.delete()
            return look(**asked)

        return visible

    for access in LOOKS:
        monkeypatch.setattr(access, "_visible", look_again_after_removal(access._visible))
    for route in _changing_forms_of_a_workspace(cast):
        with undone():
            make_ready(route, cast)
            data = body(route, cast)
            looks.clear()

            answer = ask(cast.client("admin"), route.path(cast), "POST", data)

            changes = [sql for sql in answer.changes if "workspaces_membership" not in sql]
            assert (answer.status, changes) == (404, []), str(route)
            assert len(looks) >= 2, str(route)


OWNER_NO_LONGER = {"organization_role": OrganizationRole.MEMBER}
DEACTIVATED = {"is_active": False}


@pytest.mark.parametrize(
    ("who", "change"),
    [("owner", OWNER_NO_LONGER), ("owner", DEACTIVATED), ("admin", DEACTIVATED)],
    ids=["Owner no longer", "Owner deactivated", "Admin deactivated"],
)
def test_a_right_of_the_account_that_ends_between_the_click_and_the_change_is_lost(
    cast, monkeypatch, who, change
):
    """An Owner needs no row of a Workspace, and who is deactivated keeps theirs."""
    looks = []

    def look_while_it_ends(look):
        def visible(**asked):
            looks.append(asked)
            if len(looks) == 1:
                User.objects.filter(pk=cast.people[who].pk).update(**change)
            return look(**asked)

        return visible

    for access in LOOKS:
        monkeypatch.setattr(access, "_visible", look_while_it_ends(access._visible))
    for route in _changing_forms_of_a_workspace(cast):
        with undone():
            make_ready(route, cast)
            data = body(route, cast)
            looks.clear()

            answer = ask(cast.client(who), route.path(cast), "POST", data)

            changes = [sql for sql in answer.changes if "workspaces_user" not in sql]
            assert (answer.status in {403, 404}, changes) == (True, []), str(route)


@pytest.mark.parametrize("change", [OWNER_NO_LONGER, DEACTIVATED], ids=["Owner no longer", "deactivated"])
def test_nobody_makes_a_workspace_who_was_an_owner_a_moment_ago(cast, change):
    principal = principal_for(cast.people["owner"])
    User.objects.filter(pk=principal.id).update(**change)

    with pytest.raises(PermissionDenied):
        create_workspace(principal, name="Too late", description="")

    assert not Workspace.objects.filter(name="Too late").exists()


@pytest.mark.parametrize("is_token", [True, False])
def test_the_rights_of_the_moment_are_those_of_the_same_caller(cast, is_token):
    """A person's token manages no API keys, also after it was looked at again."""
    principal = replace(principal_for(cast.people["owner"]), is_token=is_token)

    assert with_current_rights(principal) == principal


@pytest.mark.parametrize("action", ["create", "reissue", "rotate"])
@pytest.mark.parametrize(
    ("who", "change"),
    [("owner", OWNER_NO_LONGER), ("owner", DEACTIVATED), ("admin", DEACTIVATED)],
    ids=["Owner no longer", "Owner deactivated", "Admin deactivated"],
)
def test_no_secret_is_shown_to_somebody_who_lost_the_right_while_it_was_hashed(
    cast, monkeypatch, action, who, change
):
    prepare = key_secrets.prepare

    def prepare_slowly():
        User.objects.filter(pk=cast.people[who].pk).update(**change)
        return prepare()

    principal, deployment = principal_for(cast.people[who]), cast.deployment(cast.home)
    key = create_api_key(deployment).key
    acts = {
        "create": lambda: keys.create_key(
            principal, deployment, name="Too late", description="", nonce="0" * 32
        ),
        "reissue": lambda: key_secrets.reissue_secret(principal, key),
        "rotate": lambda: key_secrets.rotate_secret(principal, key, overlap=key_secrets.OVERLAPS[1]),
    }
    before = ApiKeySecret.objects.count()
    monkeypatch.setattr(key_secrets, "prepare", prepare_slowly)

    with pytest.raises((Http404, PermissionDenied)):
        acts[action]()

    assert ApiKeySecret.objects.count() == before


def test_with_the_rights_the_same_forms_do_change_something(cast):
    for route in _changing_forms_of_a_workspace(cast):
        if route.name in ASK_AIRFLOW:
            continue
        with undone():
            make_ready(route, cast)

            answer = ask(cast.client("admin"), route.path(cast), "POST", body(route, cast))

            assert answer.status in {200, 302}, str(route)
            assert answer.changes, str(route)


def test_the_keys_that_a_removed_person_made_still_work(cast, membership):
    """A key belongs to its Deployment. Whoever wants it gone deletes it."""
    issued = create_api_key(cast.deployment(cast.home), by=cast.people["admin"])
    token = token_of(issued)

    membership.delete()
    cast.people["admin"].delete()

    assert ApiKey.objects.get(pk=issued.key.pk).is_enabled
    assert exchange(issued).status_code == 200
    assert whoami(token).status_code == 200


def _forms_of_a_workspace(cast):
    found = [route for route in forms(cast) if route.is_of_a_workspace]
    assert len(found) > 5
    return found


def _changing_forms_of_a_workspace(cast):
    return [route for route in _forms_of_a_workspace(cast) if route.name not in ONLY_FILL_IN]
