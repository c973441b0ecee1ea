"""Passwords and permissions in the admin site, in the words of this product and not in Django's."""

import pytest
from django.contrib.auth.models import Permission

from tests.admin.forms import errors, send
from tests.deployments.helpers import page, text
from tests.factories import PASSWORD, create_user
from workspaces.models import AuditEvent

ADD = "/admin/workspaces/user/add/"


def change(user):
    return f"/admin/workspaces/user/{user.pk}/change/"


def password(user):
    return f"/admin/workspaces/user/{user.pk}/password/"


@pytest.fixture
def person(db):
    return create_user(email="person@example.com", full_name="Pia Person")


def test_nothing_is_said_of_ways_to_sign_in_that_there_are_not(as_operator, person):
    for path in (ADD, change(person), password(person)):
        words = text(as_operator.get(path)).lower()
        assert [word for word in ("sign-on", "ldap", "backend", "password-based") if word in words] == []


def test_a_password_is_required(as_operator, person):
    response = send(as_operator, ADD, email="new@example.com")
    assert "This field is required." in errors(response)

    response = as_operator.post(password(person), {"usable_password": "false", "unset-password": "x"})
    assert response.status_code == 200
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_permissions_that_were_given_directly_can_only_be_taken_away(as_operator, person):
    assert "user_permissions" not in as_operator.get(change(person)).content.decode()
    given, other = Permission.objects.all()[:2]
    person.user_permissions.set([given])
    offered = page(as_operator.get(change(person))).select("select[name=user_permissions] option")
    assert [option["value"] for option in offered] == [str(given.pk)]

    refused = send(as_operator, change(person), user_permissions=[given.pk, other.pk])
    assert "Select a valid choice." in errors(refused)
    send(as_operator, change(person), user_permissions=[])

    assert not person.user_permissions.exists()


def test_a_group_permits_what_can_be_done_here_in_words(as_operator, helper):
    path = f"/admin/auth/group/{helper.groups.get().pk}/change/"

    options = page(as_operator.get(path)).select("select[name=permissions] option")

    words = {option.get_text() for option in options}
    assert {"API keys: disable and enable", "API keys: revoke", "Users: see", "Memberships: add"} <= words
    assert [word for word in words if "Can " in word or "session" in word or "content type" in word] == []
    send(as_operator, path)
    assert Permission.objects.filter(group__name="Helpers").count() == len(options)


def test_groups_are_for_superusers(as_operator, as_helper, helper):
    group = helper.groups.get()

    assert as_operator.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
    for path in ("", "add/", f"{group.pk}/change/", f"{group.pk}/delete/"):
        assert as_helper.get(f"/admin/auth/group/{path}").status_code == 403


def test_a_changed_group_is_audited(as_operator, helper):
    group = helper.groups.get()

    send(as_operator, f"/admin/auth/group/{group.pk}/change/", name="Assistants", permissions=[])

    event = AuditEvent.objects.get()
    assert (event.operation, event.target) == ("updateGroup", str(group.pk))
    assert (event.input["name"], event.input["permissions"]) == ("Assistants", [])
