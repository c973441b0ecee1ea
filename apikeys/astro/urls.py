"""The URLs that the `astro` command-line client calls."""

from django.urls import path

from apikeys.astro import discovery, v1alpha1
from apikeys.astro.graphql.views import graphql
from apikeys.astro.v1 import urls as v1
from apikeys.astro.views import people, workspaces

app_name = "astro"

ORGANIZATION = "v1alpha1/organizations/<slug:organization>"
WORKSPACE = f"{ORGANIZATION}/workspaces/<slug:workspace>"

urlpatterns = [
    # Where versions look for it: on a laptop up to 1.33, elsewhere up to 1.33, and since.
    path("auth-config", discovery.auth_config, name="auth_config"),
    path("hub/auth-config", discovery.auth_config, name="hub_auth_config"),
    path("private/v1alpha1/cli/auth-config", discovery.auth_config, name="cli_auth_config"),
    path("userinfo", discovery.userinfo, name="userinfo"),
    path("graphql", graphql, name="graphql"),
    path("hub/graphql", graphql, name="hub_graphql"),
    path("v1alpha1/organizations", v1alpha1.organizations, name="organizations"),
    path("v1alpha1/users/self", v1alpha1.users_self, name="users_self"),
    path(f"{ORGANIZATION}/users", people.organization_users, name="organization_users"),
    path(f"{ORGANIZATION}/users/<slug:user>/role", people.organization_role, name="organization_role"),
    path(f"{ORGANIZATION}/invites", people.invites, name="invites"),
    path(f"{ORGANIZATION}/workspaces", workspaces.workspaces, name="workspaces"),
    path(WORKSPACE, workspaces.workspace, name="workspace"),
    path(f"{WORKSPACE}/users", people.workspace_users, name="workspace_users"),
    # Without a user, as the client asks for who is not in its list; a proxy may merge the slashes.
    path(f"{WORKSPACE}/users//role", people.nobody, name="nobody"),
    path(f"{WORKSPACE}/users/role", people.nobody, name="nobody_merged"),
    path(f"{WORKSPACE}/users/", people.nobody, name="nobody_removed"),
    path(f"{WORKSPACE}/users/<slug:user>/role", people.role, name="role"),
    path(f"{WORKSPACE}/users/<slug:user>", people.member, name="member"),
    *v1.urlpatterns,
    path("v1alpha1/<path:url>", v1alpha1.not_served, name="not_served"),
]
