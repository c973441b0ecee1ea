"""The addresses for programs. `/oauth/token` is served with and without a slash: a POST must not be redirected."""

from django.urls import path

from apikeys.cli import core, discovery
from apikeys.cli.graphql.views import graphql
from apikeys.oauth import views as oauth
from apikeys.whoami import whoami

app_name = "oauth"

urlpatterns = [
    path("oauth/token", oauth.token, name="token"),
    path("oauth/token/", oauth.token, name="token_with_slash"),
    path("oauth/introspect", oauth.introspect, name="introspect"),
    path("oauth/revoke", oauth.revoke, name="revoke"),
    path("oauth/revoke-leaked", oauth.revoke_leaked, name="revoke_leaked"),
    path(".well-known/oauth-authorization-server", oauth.metadata, name="metadata"),
    path(".well-known/jwks.json", oauth.jwks, name="jwks"),
    path("v1/whoami", whoami, name="whoami"),
    # The astro command-line client.
    path("auth-config", discovery.auth_config, name="cli_auth_config"),
    path("userinfo", discovery.userinfo, name="cli_userinfo"),
    path("graphql", graphql, name="cli_graphql"),
    path("v1alpha1/organizations", core.organizations, name="cli_organizations"),
    path("v1alpha1/users/self", core.users_self, name="cli_users_self"),
    path("v1alpha1/<path:url>", core.not_served, name="cli_not_served"),
]
