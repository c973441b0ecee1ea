"""Demo data: five people, two Workspaces, three Deployments, and a life in them, made by the real services."""

import io
import shutil
import stat
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from apikeys import usage
from apikeys.models import ApiKey, Reason
from apikeys.models.key import live_secrets
from cloudui.web import keyring
from cloudui.web.disk import NoSpace
from deployments.deploys import service
from deployments.models import Deploy, Deployment, DeployStatus, Status
from deployments.variables.service import list_variables
from tests.deployments.deploys.deploying import agree
from tests.factories import create_user
from workspaces.models import AuditEvent, OrganizationRole, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    keys = keyring.FILE_NAME
    shutil.copy(settings.DATA_DIR / keys, tmp_path / keys)
    settings.DATA_DIR = tmp_path
    settings.DAGS_ROOT = tmp_path / "dags"
    settings.DEMO_PASSWORD = ""
    return tmp_path


def run(**options):
    out = io.StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def roles_in(workspace):
    members = workspace.memberships.select_related("user").exclude(user__email="owner@example.com")
    return {member.user.email.split("@")[0]: member.get_role_display() for member in members}


def test_everybody_has_the_printed_role_and_nothing_is_claimed_of_an_airflow():
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
    assert set(Deployment.objects.values_list("status", "airflow_url")) == {(Status.CREATING, "")}
    assert Counter(AuditEvent.objects.values_list("operation", flat=True)) == {
        "createUser": 5,
        "createWorkspace": 2,
        "createMembership": 4,
        "createDeployment": 3,
        "hibernateDeployment": 2,
        "updateDeploymentVariables": 2,
        "createDeploymentApiKey": 7,
        "acknowledgeDeploymentApiKey": 8,
        "rotateDeploymentApiKeySecret": 2,
        "disableDeploymentApiKey": 1,
        "tokenIssued": 5,
        "tokenRefused": 1,
        "createDeploy": 5,
    }


def test_keys_are_in_every_state():
    run()

    keys = {key.name: key for key in ApiKey.objects.prefetch_related(live_secrets(), "refusals")}
    used = {name for name, key in keys.items() if key.last_used_at}
    assert used == {"github-actions", "warehouse-sync", "jenkins", "reporting", "laptop"}
    assert {name for name, key in keys.items() if key.awaits_confirmation} == {"notebook"}
    # Its new secret was saved, and the pipeline has yet to be told.
    assert {name for name, key in keys.items() if key.is_rotating} == {"warehouse-sync"}
    assert {name for name, key in keys.items() if not key.is_enabled} == {"jenkins"}
    assert [each.reason for each in keys["reporting"].refusals.all()] == [Reason.SECRET_ENDED]
    assert all(count for _, count in usage.daily_uses(keys["github-actions"]))
    assert usage.daily_uses(keys["backfill"])[-1][1] == 0


def test_variables_and_deploys_are_there():
    run()

    production = Deployment.objects.get(name="Production")
    assert production.variable_count == len(list_variables(production)) == 4
    assert (production.api_key_count, production.updated_by_name) == (6, "github-actions")
    deploys = Deploy.objects.of(production).order_by("created_at")
    assert [deploy.status for deploy in deploys] == [
        DeployStatus.SUCCEEDED,
        DeployStatus.FAILED,
        DeployStatus.SUCCEEDED,
    ]
    assert deploys[2].client == "astro CLI 1.45.0"
    agree(production)


def test_without_space_for_deploys_there_is_all_the_rest(monkeypatch):
    def refuse(*arguments, **options):
        raise NoSpace

    monkeypatch.setattr(service, "receive", refuse)

    assert "Demo sign-ins:" in run()
    assert ApiKey.objects.count() == 7
    assert not Deploy.objects.exists()


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
