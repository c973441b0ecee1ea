"""The URLs that the `astro` command-line client calls."""

from django.urls import path

from apikeys.astro import blobs, discovery, v1alpha1
from apikeys.astro.graphql.views import graphql

app_name = "astro"

urlpatterns = [
    # Where versions look for it: on a laptop up to 1.33, elsewhere up to 1.33, and since.
    path("auth-config", discovery.auth_config, name="auth_config"),
    path("hub/auth-config", discovery.auth_config, name="hub_auth_config"),
    path("private/v1alpha1/cli/auth-config", discovery.auth_config, name="cli_auth_config"),
    path("userinfo", discovery.userinfo, name="userinfo"),
    path("graphql", graphql, name="graphql"),
    path("uploads/<str:capability>", blobs.upload, name="upload"),
    path("hub/graphql", graphql, name="hub_graphql"),
    path("v1alpha1/organizations", v1alpha1.organizations, name="organizations"),
    path("v1alpha1/users/self", v1alpha1.users_self, name="users_self"),
    path("v1alpha1/<path:url>", v1alpha1.not_served, name="not_served"),
]
