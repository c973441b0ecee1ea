"""Demo data: five people, two Workspaces, three Deployments, and nothing that is not true."""

import io
import stat
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from apikeys.models import ApiKey
from deployments.models import Deployment, Status
from tests.factories import create_user
from workspaces.models import AuditEvent, OrganizationRole, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.DEMO_PASSWORD = ""
    return tmp_path


def run(**options):
    out = io.StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def roles_in(workspace):
    members = workspace.memberships.select_related("user").exclude(user__email="owner@example.com")
    return {member.user.email.split("@")[0]: member.get_role_display() for member in members}


def test_everybody_has_the_printed_role_and_nothing_is_invented():
    out = run()

    people = User.objects.all()
    names = {person.email.removesuffix("@example.com") for person in people}
    assert names == {"owner", "admin", "editor", "member", "outsider"}
    assert all(person.email in out for person in people)
    powers = [(each.email, each.organization_role, each.is_staff, each.is_superuser) for each in people]
    assert [power for power in powers if power[1:] != (OrganizationRole.MEMBER, False, False)] == [
        ("owner@example.com", OrganizationRole.OWNER, True, True)
    ]
    first = Workspace.objects.get(name="Data Engineering Workspace")
    other = Workspace.objects.exclude(pk=first.pk).get()
    assert roles_in(first) == {"admin": "Admin", "editor": "Editor", "member": "Member"}
    assert roles_in(other) == {"outsider": "Admin"}
    assert (first.deployments.count(), other.deployments.count()) == (2, 1)
    assert set(Deployment.objects.values_list("status", "airflow_url")) == {(Status.NOT_CONNECTED, "")}
    assert not ApiKey.objects.exists()
    assert Counter(AuditEvent.objects.values_list("operation", flat=True)) == {
        "createUser": 5,
        "createWorkspace": 2,
        "createMembership": 4,
        "createDeployment": 3,
    }


def test_the_password_is_random_printed_and_kept_for_this_user_alone(data_dir):
    out = run()

    path = data_dir / "demo-password"
    password = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(password) == 23
    assert f"Password: {password}\n" in out
    assert all(user.check_password(password) for user in User.objects.all())


def test_a_chosen_password_is_kept_nowhere(data_dir, settings):
    settings.DEMO_PASSWORD = "chosen by somebody"

    out = run()

    assert "Password: chosen by somebody\n" in out
    assert not (data_dir / "demo-password").exists()
    assert all(user.check_password("chosen by somebody") for user in User.objects.all())


def test_later_the_same_is_shown_and_nothing_made():
    first = run()
    count = AuditEvent.objects.count()

    assert run(show=True) == first
    assert AuditEvent.objects.count() == count


def test_an_installation_with_accounts_is_left_alone():
    create_user()

    assert run(show=True) == ""
    with pytest.raises(CommandError, match="empty installation only"):
        run()

    assert User.objects.count() == 1
