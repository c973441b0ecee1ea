"""Workspaces and who belongs to them."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from cloudui.web.ids import ID_LENGTH, new_id
from cloudui.web.orders import ByteOrder
from cloudui.web.principal import Kind, Principal
from workspaces.models.user import User

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 500
NAME_TAKEN = "A Workspace with this name already exists."


class Role(models.IntegerChoices):
    """What a person may do in a Workspace; a greater role may do all that a smaller one may."""

    MEMBER = 10, "Member"
    EDITOR = 20, "Editor"
    ADMIN = 30, "Admin"


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    """Workspaces, selected in the words of the business."""

    def visible_to(self, principal: Principal) -> "WorkspaceQuerySet":
        """The Workspaces that the caller belongs to, each with `caller_role`.

        An Organization Owner is Admin of all; an API key sees none, since it acts on its Deployment only.
        """
        if principal.kind is Kind.API_KEY:
            return self.none()
        if principal.is_owner:
            return self.annotate(caller_role=models.Value(Role.ADMIN.value))  # type: ignore[no-redef]
        return self.filter(memberships__user_id=principal.id).annotate(  # type: ignore[no-redef]
            caller_role=models.F("memberships__role")
        )

    def named(self, name: str) -> "WorkspaceQuerySet":
        """Those that have this name, compared as the database's constraint does."""
        return self.alias(lower_name=Lower("name")).filter(lower_name=Lower(models.Value(name)))

    def without_admin(self, *, besides: User | None = None) -> "WorkspaceQuerySet":
        """Those in which nobody who may sign in is Admin, not counting `besides`."""
        admins = Membership.objects.filter(
            workspace=models.OuterRef("pk"), role=Role.ADMIN, user__is_active=True
        )
        if besides is not None:
            admins = admins.exclude(user=besides)
        return self.exclude(models.Exists(admins))

    def alphabetical(self) -> "WorkspaceQuerySet":
        return self.order_by(Lower("name"), "pk")


class Workspace(models.Model):
    """A team's place: its Deployments and its members. `version` rises with each edit (cloudui.web.versions)."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    ci_cd_enforced_by_default = models.BooleanField(
        "CI/CD enforcement default", default=False, help_text="Applies to new Deployments only."
    )
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["Workspace"]] = WorkspaceQuerySet.as_manager()

    # Set by visible_to().
    caller_role: int

    class Meta:
        """Names are unique in the Organization, whatever the case."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="workspace_name_is_unique",
                violation_error_message=NAME_TAKEN,
            )
        ]
        indexes: ClassVar = [models.Index(ByteOrder(Lower("name")), "id", name="workspace_by_name")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one Workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.MEMBER)

    class Meta:
        """One role a person and Workspace."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "user"],
                name="one_membership_per_person",
                violation_error_message="This person is already a member of the Workspace.",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["workspace", "-id"], name="membership_newest")]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"
