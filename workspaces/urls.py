"""The URLs of the Overview, of Workspaces and of one's own account."""

from django.urls import path

from workspaces import views
from workspaces.audit import views as audit
from workspaces.sign_in import views as account_views

app_name = "workspaces"

urlpatterns = [
    path("", views.index, name="index"),
    path("workspaces/new", views.create, name="create"),
    path("workspaces/find", views.find, name="find"),
    path("account", account_views.show, name="account"),
    path("account/sign-out-everywhere", account_views.sign_out_everywhere, name="sign_out_everywhere"),
    path("color-mode", views.color_mode, name="color_mode"),
    path("settings/audit-logs", audit.index, name="audit_log"),
    path("settings/audit-logs/export", audit.download, name="audit_export"),
    path("<cid:workspace>", views.open_workspace, name="open"),
    path("<cid:workspace>/settings/details", views.details, name="details"),
    path("<cid:workspace>/settings/details/edit", views.edit, name="edit"),
    path("<cid:workspace>/settings/delete", views.delete, name="delete"),
]
