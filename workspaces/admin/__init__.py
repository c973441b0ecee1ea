"""The operators' pages of people, Workspaces, members and the audit log."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from workspaces.admin.groups import GroupAdmin
from workspaces.admin.log import AuditEventAdmin
from workspaces.admin.members import MembershipAdmin
from workspaces.admin.people import PersonAdmin
from workspaces.admin.places import WorkspaceAdmin
from workspaces.models import AuditEvent, Membership, User, Workspace

# A row there would be a second e-mail address to sign in with, made without an audit event.
admin.site.unregister([EmailAddress, Group])

admin.site.register(User, PersonAdmin)
admin.site.register(Group, GroupAdmin)
admin.site.register(Workspace, WorkspaceAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(AuditEvent, AuditEventAdmin)
