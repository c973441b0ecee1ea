"""Somebody stays in charge of each Workspace: its last Admin stays unless an active Owner remains.

Each function locks before it looks, so call it inside the transaction of the change and before the change.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from workspaces.models import OrganizationRole, User, Workspace


def require_admin_left(admins: Iterable[User]) -> None:
    """Refuse to leave a Workspace to people of whom none can manage it.

    Args:
        admins: who will have the role Admin in it.

    Raises:
        ValidationError: if none of them is active and the Organization has no active Owner.
    """
    if not (any(user.is_active for user in admins) or lock_owners()):
        raise ValidationError(
            "The last Admin stays in a Workspace while the Organization has no active Owner."
        )


def require_replaceable(user: User, *, is_active: bool, organization_role: str) -> None:
    """Refuse to deactivate or demote a person without whom some Workspace has nobody in charge.

    Args:
        user: the person as he is now.
        is_active: whether he will be able to sign in.
        organization_role: the role he will have in the Organization.

    Raises:
        ValidationError: naming the first Workspace that would be left alone.
    """
    owners = lock_owners() - {user.pk}
    if owners or (is_active and organization_role == OrganizationRole.OWNER):
        return
    orphan = Workspace.objects.without_admin(besides=None if is_active else user).alphabetical().first()
    if orphan is not None:
        raise ValidationError(
            f"Then nobody could manage the Workspace {orphan.name}: it has no other Admin and the "
            "Organization no other active Owner."
        )


def lock_owners() -> set[str]:
    """The active Owners, held in one order, so that two of them cannot leave at once.

    Whoever holds one person and needs these too takes these first; otherwise two could wait for each other.
    """
    owners = User.objects.owners().select_for_update().order_by("pk")
    return set(owners.values_list("pk", flat=True))
