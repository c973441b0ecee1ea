"""The cast: one person of each kind, and the places that each can and cannot see.

Member, editor and admin belong to the Workspace "Home". The outsider is Admin of "Elsewhere". The owner is an
Organization Owner and belongs to no Workspace. The operator opens the admin site and is nothing else.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.test import Client

from apikeys.key_secrets import Issued
from deployments.models import Deployment
from tests.factories import (
    create_api_key,
    create_deploy,
    create_deployment,
    create_grant,
    create_member,
    create_owner,
    create_queue,
    create_user,
    create_workspace,
)
from workspaces.models import Role, User

ROLES: Final = ("nobody", "outsider", "member", "editor", "admin", "owner", "operator")

HX: Final = {"HX-Request": "true"}

ALERT_EMAIL: Final = "alerts@example.com"


class Place(NamedTuple):
    """What an address names, as far as it names it."""

    workspace: str
    deployment: str
    key: str


# A worker queue that each Deployment has besides its default.
QUEUE: Final = "heavy"

# A deploy of Home's Deployment that is not the current one.
DEPLOY: Final = "c" + "2" * 24

# The Member's sign-in by the command-line client.
GRANT: Final = "c" + "4" * 24

# Well-formed identifiers of nothing.
NEVER: Final = Place("c" + "0" * 24, "c" + "1" * 24, "Z" * 32)


@dataclass(frozen=True)
class Cast:
    """The people and the places.

    `home` is where most things happen; its Workspace also has `sibling`. `elsewhere` is another Workspace's.
    """

    people: dict[str, User]
    home: Place
    sibling: Place
    elsewhere: Place
    _clients: dict[str, Client] = field(default_factory=dict, repr=False)

    def client(self, role: str) -> Client:
        """The browser in which `role` is signed in, always the same one."""
        return self._clients[role]

    def fresh_client(self, role: str, *, enforce_csrf_checks: bool = False) -> Client:
        """Another browser. A server error is an answer there, not an exception."""
        client = Client(raise_request_exception=False, enforce_csrf_checks=enforce_csrf_checks)
        if role in self.people:
            client.force_login(self.people[role])
        return client

    def leftovers(self) -> Place:
        """What was deleted a moment ago: a Deployment of Home's Workspace and its key."""
        deployment = create_deployment(workspace=self.deployment(self.home).workspace, name="Deleted")
        place = _place(create_api_key(deployment, name="Deleted", by=self.people["admin"]))
        Deployment.objects.filter(pk=place.deployment).delete()
        return place

    def deployment(self, place: Place) -> Deployment:
        """The row of a place's Deployment as it is now."""
        return Deployment.objects.select_related("workspace").get(pk=place.deployment)


def assemble() -> Cast:
    """Make everybody and everything, inside the caller's transaction."""
    home, elsewhere = create_workspace(name="Home"), create_workspace(name="Elsewhere")
    admin = create_member(workspace=home, role=Role.ADMIN, email="admin@example.com", full_name="Ada Admin")
    outsider = create_member(
        workspace=elsewhere, role=Role.ADMIN, email="outsider@example.com", full_name="Otto Outsider"
    )
    people = {
        "outsider": outsider,
        "member": create_member(workspace=home, email="member@example.com", full_name="Mia Member"),
        "editor": create_member(
            workspace=home, role=Role.EDITOR, email="editor@example.com", full_name="Eda Editor"
        ),
        "admin": admin,
        "owner": create_owner(email="owner@example.com", full_name="Olga Owner"),
        "operator": create_user(
            email="operator@example.com", full_name="Oscar Operator", is_staff=True, is_superuser=True
        ),
    }
    production = create_deployment(workspace=home, name="Production", alert_emails=[ALERT_EMAIL])
    staging = create_deployment(workspace=home, name="Staging")
    foreign = create_deployment(workspace=elsewhere, name="Foreign")
    for deployment in (production, staging, foreign):
        create_queue(deployment, name=QUEUE)
    create_deploy(production, pk=DEPLOY)
    create_grant(people["member"], pk=GRANT)
    cast = Cast(
        people=people,
        home=_place(create_api_key(production, name="CI", description="Deploys", by=admin)),
        sibling=_place(create_api_key(staging, name="Nightly", by=admin)),
        elsewhere=_place(create_api_key(foreign, name="Foreign key", by=outsider)),
    )
    cast._clients.update((role, cast.fresh_client(role)) for role in ROLES)
    return cast


def _place(issued: Issued) -> Place:
    key = issued.key
    return Place(key.deployment.workspace_id, key.deployment_id, key.pk)
