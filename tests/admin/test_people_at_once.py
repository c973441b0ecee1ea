"""An operator's change of a person does not undo what happens to that person at the same time (threat T-W12)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests.deployments.helpers import signed_in
from tests.factories import create_owner, create_user, create_workspace
from workspaces.admin.people import PasswordForm, PersonForm
from workspaces.models import Membership, Role, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.threat("T-W12")]

# Long enough for the other change to be written, if nothing holds it back.
PAUSE_SECONDS = 0.3
PASSWORD = "a brand new passphrase"


@pytest.fixture
def operator():
    return signed_in(create_owner(is_staff=True, is_superuser=True))


@pytest.fixture
def person():
    return create_user()


def post_while(monkeypatch, form, change, send):
    """Send a form of an operator, and let `change` try to happen while it is being checked."""
    is_valid = form.is_valid

    with ThreadPoolExecutor() as pool:

        def in_thread():
            try:
                change()
            finally:
                connections.close_all()

        def check(self):
            pool.submit(in_thread)
            threading.Event().wait(PAUSE_SECONDS)
            return is_valid(self)

        monkeypatch.setattr(form, "is_valid", check)
        assert send().status_code == 302


def test_a_new_name_does_not_bring_ended_sessions_back(monkeypatch, operator, person):
    data = {"email": person.email, "full_name": "New", "organization_role": "member", "is_active": "on"}
    post_while(
        monkeypatch,
        PersonForm,
        lambda: User.objects.filter(pk=person.pk).update(security_stamp="renewed"),
        lambda: operator.post(f"/admin/workspaces/user/{person.pk}/change/", data),
    )

    person.refresh_from_db()
    assert (person.full_name, person.security_stamp) == ("New", "renewed")


def test_a_new_password_does_not_bring_a_deactivated_person_back(monkeypatch, operator, person):
    data = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    post_while(
        monkeypatch,
        PasswordForm,
        lambda: User.objects.filter(pk=person.pk).update(is_active=False),
        lambda: operator.post(f"/admin/workspaces/user/{person.pk}/password/", data),
    )

    person.refresh_from_db()
    assert (person.check_password(PASSWORD), person.is_active) == (True, False)


def test_two_operators_do_not_remove_the_last_two_admins():
    operators = [signed_in(create_user(is_staff=True, is_superuser=True)) for _ in range(2)]
    workspace = create_workspace()
    members = [
        Membership.objects.create(workspace=workspace, user=create_user(), role=Role.ADMIN) for _ in range(2)
    ]
    together = threading.Barrier(2)

    def remove(operator, member):
        together.wait()
        try:
            return operator.post(f"/admin/workspaces/membership/{member.pk}/delete/", {"post": "yes"})[
                "Location"
            ]
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(remove, operators, members))

    assert Membership.objects.filter(workspace=workspace, role=Role.ADMIN).count() == 1
    assert sorted("/change/" in answer for answer in answers) == [False, True]
