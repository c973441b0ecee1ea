"""The URLs of OAuth 2. `/oauth/token` is served with and without a slash: a POST must not be redirected."""

from django.urls import path

from apikeys.tokens.oauth import views

app_name = "oauth"

urlpatterns = [
    path("oauth/token", views.token, name="token"),
    path("oauth/token/", views.token, name="token_with_slash"),
    path("oauth/introspect", views.introspect, name="introspect"),
    path("oauth/revoke", views.revoke, name="revoke"),
    path("oauth/revoke-leaked", views.revoke_leaked, name="revoke_leaked"),
    path(".well-known/oauth-authorization-server", views.metadata, name="metadata"),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
]
