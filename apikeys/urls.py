"""The URLs of API keys, `/token` and `/authorize`. The reveal of a secret has none: it is the answer to a POST and nothing else."""

from django.urls import path

from apikeys.tokens.oauth import consent
from apikeys.tokens.views import token
from apikeys.views import keys, secrets, switch

app_name = "apikeys"

LIST = "<cid:workspace>/deployments/<cid:deployment>/api-keys"
KEY = f"{LIST}/<keyid:key>"

urlpatterns = [
    path("token", token, name="token"),
    path("authorize", consent.authorize, name="authorize"),
    path("account/astro/<cid:grant>/end", consent.end, name="end_grant"),
    path(LIST, keys.index, name="index"),
    path(f"{LIST}/new", secrets.create, name="create"),
    path(KEY, keys.overview, name="open"),
    path(f"{KEY}/use", keys.use, name="use"),
    path(f"{KEY}/refusals", keys.refusals, name="refusals"),
    path(f"{KEY}/edit", keys.edit, name="edit"),
    path(f"{KEY}/delete", keys.delete, name="delete"),
    path(f"{KEY}/confirm", secrets.confirm, name="confirm"),
    path(f"{KEY}/reissue", secrets.reissue, name="reissue"),
    path(f"{KEY}/rotate", secrets.rotate, name="rotate"),
    path(f"{KEY}/end-now", secrets.end_now, name="end_now"),
    path(f"{KEY}/first-use", secrets.first_use, name="first_use"),
    path(f"{KEY}/disable", switch.disable, name="disable"),
    path(f"{KEY}/enable", switch.enable, name="enable"),
]
