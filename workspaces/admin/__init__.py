"""The operators' pages of people, Workspaces and the audit log."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from workspaces.admin.log import AuditEventAdmin
from workspaces.admin.people import GroupAdmin, PersonAdmin
from workspaces.admin.places import WorkspaceAdmin
from workspaces.models import AuditEvent, User, Workspace

# A row there would be a second e-mail address to sign in with, made without an audit event.
admin.site.unregister([EmailAddress, Group])

admin.site.register(User, PersonAdmin)
admin.site.register(Group, GroupAdmin)
admin.site.register(Workspace, WorkspaceAdmin)
admin.site.register(AuditEvent, AuditEventAdmin)
