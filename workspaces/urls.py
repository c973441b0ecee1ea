"""The addresses of the Overview and of Workspaces."""

from django.urls import path

from workspaces import views

app_name = "workspaces"

urlpatterns = [
    path("", views.index, name="index"),
    path("workspaces/new", views.create, name="create"),
    path("color-mode", views.color_mode, name="color_mode"),
    path("<cid:workspace>", views.open_workspace, name="open"),
]
