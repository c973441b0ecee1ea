"""The addresses of Deployments, which follow the Workspace they belong to."""

from django.urls import path

from deployments.views import deployments as views

app_name = "deployments"

LIST = "<cid:workspace>/deployments"
DEPLOYMENT = f"{LIST}/<cid:deployment>"

urlpatterns = [
    path(LIST, views.index, name="index"),
    path(f"{LIST}/new", views.create, name="create"),
    path(DEPLOYMENT, views.open_deployment, name="open"),
    path(f"{DEPLOYMENT}/activity", views.activity, name="activity"),
    path(f"{DEPLOYMENT}/delete", views.delete, name="delete"),
]
