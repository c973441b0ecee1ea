"""Each Workspace keeps an Admin, unless the Organization has an active Owner.

Each function locks before it looks, so call it inside the transaction of the change and before the change.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from workspaces.models import OrganizationRole, User, Workspace


def require_admin_left(admins: Iterable[User]) -> None:
    """Raise ValidationError if none of those who will be Admins is active and the Organization has no active Owner."""
    if not (any(user.is_active for user in admins) or lock_owners()):
        raise ValidationError(
            "The last Admin stays in a Workspace while the Organization has no active Owner."
        )


def require_replaceable(user: User, *, is_active: bool, organization_role: str) -> None:
    """Refuse to deactivate or demote a person without whom some Workspace would have nobody to manage it.

    `user` is the person before the change, the others are as after it. The ValidationError names the first Workspace.
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
    """The active Owners, locked in one order, so that two of them cannot leave at once.

    Who needs these locks and that of one person takes these first; otherwise two could wait for each other.
    """
    owners = User.objects.owners().select_for_update().order_by("pk")
    return set(owners.values_list("pk", flat=True))
