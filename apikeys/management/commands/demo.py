"""`manage.py demo`: people, Workspaces and Deployments to look around with, in an empty installation.

Everything is made as the console makes it, with its audit events. Nothing is claimed of an Airflow: no health.
"""

import os
import secrets
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from apikeys.management.demo_history import make_history
from cloudui.web.principal import Origin, Principal, system_principal
from deployments.airflow.runner.environments import versions
from deployments.airflow.service import hibernate
from deployments.models import Cluster, Deployment, Executor, RuntimeRelease
from deployments.service import create_deployment
from workspaces.models import OrganizationRole, Role, User
from workspaces.people.service import add_member, create_person
from workspaces.principals import principal_for
from workspaces.service import create_workspace

PASSWORD_FILE: Final = "demo-password"
# Without letters and digits that look alike: somebody may type it.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
ORIGIN: Final = Origin(user_agent="manage.py demo")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as. `may` says what the person is, for whoever chooses one."""

    email: str
    full_name: str
    may: str


OWNER: Final = Account("owner@example.com", "Olivia Owner", "Organization Owner, operator of the admin site")
ADMIN: Final = Account("admin@example.com", "Adam Admin", "Admin of Data Engineering Workspace")
EDITOR: Final = Account("editor@example.com", "Edith Editor", "Editor there")
MEMBER: Final = Account("member@example.com", "Miguel Member", "Member there")
OUTSIDER: Final = Account("outsider@example.com", "Oona Outsider", "Admin of another Workspace only")
ACCOUNTS: Final = (OWNER, ADMIN, EDITOR, MEMBER, OUTSIDER)


class Command(BaseCommand):
    """Make the demo data, or show how to sign in to it."""

    help = "Fill an empty installation with demo accounts, Workspaces and Deployments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take `--show`, with which nothing is made."""
        parser.add_argument("--show", action="store_true", help="Only print the sign-ins, if there are any.")

    def handle(self, *, show: bool, **_options: object) -> None:
        """Make the data unless told only to show, then print the sign-ins."""
        if not show:
            if User.objects.exists():
                raise CommandError("Demo data is made in an empty installation only; this one has accounts.")
            make_demo(_password_to_set())
        if User.objects.filter(email=OWNER.email).exists():
            self.stdout.write("Demo sign-ins:")
            for account in ACCOUNTS:
                self.stdout.write(f"  {account.email:<22} {account.may}")
            self.stdout.write(f"  Password: {_password_to_show()}")


@sensitive_variables("password")
def make_demo(password: str) -> None:
    """Make all accounts, Workspaces and Deployments or none; then what has happened in them.

    Args:
        password: of all accounts.
    """
    system = system_principal("manage.py demo")
    with transaction.atomic():
        people = {account: _create(system, account, password) for account in ACCOUNTS}
        owner = principal_for(people[OWNER], origin=ORIGIN)
        production, development = _make_data_engineering(owner, people)
        _make_marketing(owner, people)
    admin, editor = (principal_for(people[account], origin=ORIGIN) for account in (ADMIN, EDITOR))
    make_history(admin, editor, production, development)


def _make_data_engineering(owner: Principal, people: dict[Account, User]) -> tuple[Deployment, Deployment]:
    workspace = create_workspace(
        owner, name="Data Engineering Workspace", description="The pipelines that load and shape our data."
    )
    for account, role in ((ADMIN, Role.ADMIN), (EDITOR, Role.EDITOR), (MEMBER, Role.MEMBER)):
        add_member(owner, workspace, people[account], role=role)
    editor = principal_for(people[EDITOR], origin=ORIGIN)
    cluster, newest, older = _first_cluster(), _release(0), _release(1)
    production = create_deployment(
        editor,
        workspace,
        name="Production",
        description="Hourly loads into the warehouse.",
        cluster=cluster,
        runtime=newest,
        scheduler_au=10,
        scheduler_replicas=2,
    )
    development = create_deployment(
        editor,
        workspace,
        name="Development",
        description="Where changes are tried first.",
        cluster=cluster,
        runtime=older,
        executor=Executor.KUBERNETES,
    )
    # One Airflow is enough for a laptop.
    hibernate(editor, development)
    return production, development


def _make_marketing(owner: Principal, people: dict[Account, User]) -> None:
    workspace = create_workspace(owner, name="Marketing Workspace", description="Campaign reports.")
    add_member(owner, workspace, people[OUTSIDER], role=Role.ADMIN)
    outsider = principal_for(people[OUTSIDER], origin=ORIGIN)
    campaigns = create_deployment(
        outsider, workspace, name="Campaigns", cluster=_first_cluster(), runtime=_release(0)
    )
    hibernate(outsider, campaigns)


def _release(place: int) -> RuntimeRelease:
    """The newest release of one of the Airflows that this machine can run, the newest first."""
    return RuntimeRelease.objects.offered().filter(airflow_version=versions()[place])[0]


@sensitive_variables("password")
def _create(principal: Principal, account: Account, password: str) -> User:
    is_owner = account is OWNER
    return create_person(
        principal,
        email=account.email,
        password=password,
        full_name=account.full_name,
        organization_role=OrganizationRole.OWNER if is_owner else OrganizationRole.MEMBER,
        is_operator=is_owner,
    )


def _first_cluster() -> Cluster:
    return Cluster.objects.order_by("created_at", "pk")[0]


def _password_to_set() -> str:
    """The chosen password, or a random one kept where only this user can read it."""
    if settings.DEMO_PASSWORD:
        return str(settings.DEMO_PASSWORD)
    password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))
    path = settings.DATA_DIR / PASSWORD_FILE
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(f"{password}\n")
    return password


def _password_to_show() -> str:
    try:
        return str((settings.DATA_DIR / PASSWORD_FILE).read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return str(settings.DEMO_PASSWORD or "the value of CLOUDUI_DEMO_PASSWORD at the first start")
