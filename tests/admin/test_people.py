"""People in the admin site: accounts, roles, deactivation, passwords, and who may touch whom."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.admin.forms import errors, send
from tests.deployments.helpers import page, signed_in
from tests.factories import PASSWORD, create_member, create_owner, create_user
from workspaces.models import AuditEvent, OrganizationRole, Role, User

ADD = "/admin/workspaces/user/add/"
NEW = "a brand new passphrase"


def change(user):
    return f"/admin/workspaces/user/{user.pk}/change/"


def password(user):
    return f"/admin/workspaces/user/{user.pk}/password/"


def is_signed_in(client):
    return client.get("/").status_code == 200


def _given(**sets):
    """A person who has been given permissions, and may not open the admin site yet."""
    user = create_user()
    for name, values in sets.items():
        getattr(user, name).set(values)
    return user


@pytest.fixture
def person(db):
    return create_user(email="person@example.com", full_name="Pia Person")


def test_an_account_is_made_with_its_password_and_can_sign_in(as_operator, operator):
    facts = {"email": "new@example.com", "full_name": "Nia New", "organization_role": "billing_admin"}

    send(as_operator, ADD, **{**facts, "email": "New@Example.com"}, password1=NEW, password2=NEW)

    user = User.objects.get(**facts)
    assert not user.is_staff
    browser = Client()
    browser.post("/account/login/", {"login": "new@example.com", "password": NEW})
    assert is_signed_in(browser)
    event = AuditEvent.objects.get(operation="createUser")
    assert (event.subject_id, event.target) == (operator.pk, user.pk)
    assert event.input == facts


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "PERSON@example.com"}, "A person with this e-mail address already exists."),
        ({"email": "nonsense"}, "Enter a valid email address."),
        ({"full_name": "a\u202eb"}, "Remove the invisible character U+202E."),
        ({"password2": "something else"}, "The two password fields"),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        ({"organization_role": "emperor"}, "Select a valid choice."),
    ],
)
def test_a_bad_account_is_refused_beside_the_field(as_operator, person, fields, sentence):
    good = {"email": "new@example.com", "password1": NEW, "password2": NEW}

    response = send(as_operator, ADD, **{**good, **fields})

    assert response.status_code == 200
    assert sentence in errors(response)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("is_active", None), ("organization_role", "billing_admin"), ("is_staff", "on"), ("is_superuser", "on")],
)
def test_a_change_of_powers_ends_the_persons_sessions(as_operator, person, field, value):
    browser = signed_in(person)
    before = person.security_stamp

    send(as_operator, change(person), **{field: value})

    person.refresh_from_db()
    assert person.security_stamp != before
    assert not is_signed_in(browser)


def test_a_change_of_the_name_ends_nothing(as_operator, person):
    browser = signed_in(person)

    send(as_operator, change(person), full_name="Pia Newname")

    assert is_signed_in(browser)


def test_operators_who_change_themselves_stay_signed_in(as_operator, operator):
    send(as_operator, change(operator), organization_role="owner")

    operator.refresh_from_db()
    assert operator.organization_role == OrganizationRole.OWNER
    assert is_signed_in(as_operator)


def test_a_change_is_audited_with_what_was_there_before_and_an_unchanged_form_is_not(as_operator, person):
    send(as_operator, change(person))
    assert not AuditEvent.objects.exists()

    send(as_operator, change(person), organization_role="owner", full_name="Pia Boss")

    assert AuditEvent.objects.values_list("operation", "target", "input").get() == (
        "updateUser",
        person.pk,
        {
            "full_name": "Pia Boss",
            "organization_role": "owner",
            "before": {"full_name": "Pia Person", "organization_role": "member"},
        },
    )


def test_a_new_password_ends_the_old_sessions_and_is_audited_without_itself(as_operator, person):
    browser = signed_in(person)
    before = person.security_stamp

    response = send(as_operator, password(person), password1=NEW, password2=NEW)

    assert response.status_code == 302
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert person.security_stamp != before
    assert not is_signed_in(browser)
    event = AuditEvent.objects.get()
    assert (event.operation, event.target, event.input) == ("changePassword", person.pk, {})


def test_without_its_audit_event_no_password_is_changed(as_operator, person, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr("workspaces.audit.record", fail)

    with pytest.raises(RuntimeError):
        send(as_operator, password(person), password1=NEW, password2=NEW)

    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_page_of_a_person_shows_no_trace_of_the_password(as_operator, person):
    response = as_operator.get(change(person))

    html = response.content.decode()
    # With the sign: a random ID may well have "md5" in it.
    assert [it for it in (person.password, person.security_stamp, "md5$", "argon2") if it in html] == []
    link = page(response).select_one(".object-tools").find("a", string="Change password")
    assert link["href"] == password(person)


@pytest.mark.threat("T-W8")
def test_fields_that_the_form_does_not_have_change_nothing(as_operator, person):
    planted = dict.fromkeys(["password", "security_stamp", "id"], "planted")

    send(as_operator, change(person), **planted, color_mode="dark")

    fields = ("password", "security_stamp", "color_mode")
    after = User.objects.values_list(*fields).get(pk=person.pk)
    assert after == (person.password, person.security_stamp, "system")


def test_people_are_not_deleted(as_operator, person):
    assert as_operator.post(f"/admin/workspaces/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert page(as_operator.get(change(person))).select_one(".deletelink") is None


def test_the_only_admin_of_a_workspace_is_deactivated_only_while_there_is_an_owner(as_operator, workspace):
    admin = create_member(workspace=workspace, role=Role.ADMIN)

    response = send(as_operator, change(admin), is_active=None)

    assert "Then nobody could manage the Workspace Data Engineering" in errors(response)
    admin.refresh_from_db()
    assert admin.is_active
    create_owner()
    send(as_operator, change(admin), is_active=None)
    admin.refresh_from_db()
    assert not admin.is_active


def test_a_helper_may_change_and_deactivate_ordinary_people(as_helper, person):
    send(as_helper, change(person), full_name="Pia Newname", is_active=None)

    person.refresh_from_db()
    assert (person.full_name, person.is_active) == ("Pia Newname", False)


@pytest.mark.parametrize(
    "fields",
    [{"is_superuser": "on"}, {"is_staff": "on"}, {"organization_role": "owner"}, {"groups": ["1"]}],
    ids=lambda fields: next(iter(fields)),
)
def test_a_helper_makes_nobody_more_powerful(as_helper, helper, person, fields):
    if "groups" in fields:
        fields = {"groups": [helper.groups.get().pk]}

    send(as_helper, change(person), **fields)

    person.refresh_from_db()
    assert (person.is_superuser, person.is_staff, person.organization_role) == (False, False, "member")
    assert not person.groups.exists()


def test_a_helper_makes_no_powerful_account(as_helper):
    powers = {"organization_role": "owner", "is_staff": "on", "is_superuser": "on"}

    send(as_helper, ADD, email="new@example.com", password1=NEW, password2=NEW, **powers)

    user = User.objects.get(email="new@example.com")
    assert (user.organization_role, user.is_staff, user.is_superuser) == ("member", False, False)


@pytest.mark.parametrize(
    "who",
    [
        "superuser",
        "staff",
        "owner",
        "billing admin",
        "Admin of a Workspace",
        "Editor of a Workspace",
        "Member of a Workspace",
        "in a group",
        "with a permission",
        "the helper",
    ],
)
def test_helpers_touch_no_powerful_person_and_not_themselves(as_helper, helper, workspace, who):
    target = {
        "superuser": lambda: create_user(is_superuser=True),
        "staff": lambda: create_user(is_staff=True),
        "owner": create_owner,
        "billing admin": lambda: create_user(organization_role=OrganizationRole.BILLING_ADMIN),
        "Admin of a Workspace": lambda: create_member(workspace=workspace, role=Role.ADMIN),
        "Editor of a Workspace": lambda: create_member(workspace=workspace, role=Role.EDITOR),
        "Member of a Workspace": lambda: create_member(workspace=workspace),
        "in a group": lambda: _given(groups=helper.groups.all()),
        "with a permission": lambda: _given(user_permissions=Permission.objects.all()[:1]),
        "the helper": lambda: helper,
    }[who]()
    before = User.objects.values().get(pk=target.pk)

    edited = as_helper.post(
        change(target), {"email": "taken@example.com", "full_name": "Taken", "is_superuser": "on"}
    )
    taken = as_helper.post(password(target), {"password1": NEW, "password2": NEW, "set-password": "x"})

    assert (edited.status_code, taken.status_code) == (403, 403)
    assert as_helper.get(password(target)).status_code == 403
    assert page(as_helper.get(change(target))).select("#user_form [name=email], [name=_save]") == []
    assert User.objects.values().get(pk=target.pk) == before


def test_a_superuser_may_help_everybody(as_operator, workspace):
    target = create_member(workspace=workspace, role=Role.ADMIN)

    send(as_operator, password(target), password1=NEW, password2=NEW)

    target.refresh_from_db()
    assert target.check_password(NEW)


def test_people_are_found_by_e_mail_address_and_name(as_operator, person):
    for words in ("person@", "pia", person.pk):
        rows = page(as_operator.get("/admin/workspaces/user/", {"q": words})).select("#result_list tbody tr")
        assert len(rows) == 1
