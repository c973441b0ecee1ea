"""The tables of this app; import them from here."""

from workspaces.models.audit import AuditEvent
from workspaces.models.user import ColorMode, OrganizationRole, User
from workspaces.models.workspace import Membership, Role, Workspace

__all__ = ["AuditEvent", "ColorMode", "Membership", "OrganizationRole", "Role", "User", "Workspace"]
