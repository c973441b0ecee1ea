"""The addresses of API keys. The reveal of a secret has none: it is the answer to a POST and nothing else."""

from django.urls import path

from apikeys import views

app_name = "apikeys"

LIST = "<cid:workspace>/deployments/<cid:deployment>/api-keys"
KEY = f"{LIST}/<keyid:key>"

urlpatterns = [
    path(LIST, views.index, name="index"),
    path(f"{LIST}/new", views.create, name="create"),
    path(KEY, views.open_key, name="open"),
    path(f"{KEY}/edit", views.edit, name="edit"),
    path(f"{KEY}/delete", views.delete, name="delete"),
    path(f"{KEY}/confirm", views.confirm, name="confirm"),
    path(f"{KEY}/reissue", views.reissue, name="reissue"),
]
