"""Who is there: the members of a Workspace, and everybody in the Organization. The caller has decided who may see it."""

from django.db.models import QuerySet

from workspaces.models import Membership, User, Workspace


def members_of(workspace: Workspace) -> QuerySet[Membership]:
    """The members of a Workspace with their accounts, by e-mail address."""
    return workspace.memberships.select_related("user").order_by("user__email")


def list_people() -> QuerySet[User]:
    """Everybody who has an account, by e-mail address."""
    return User.objects.order_by("email")
