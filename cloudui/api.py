"""The REST interface, put together from the routers of the rooms, which are named here as in urls.py."""

from typing import Final

from django.urls import include, path
from django.utils.module_loading import import_string

from cloudui.web.rest import docs
from cloudui.web.rest.api import RestApi, url_patterns

# In the order of the documentation.
ROUTERS: Final = (
    "apikeys.whoami.router",
    "deployments.rest.router",
    "deployments.variables.rest.router",
    "deployments.queues.rest.router",
    "deployments.details.rest.router",
    "deployments.deploys.rest.router",
    "deployments.airflow.rest.router",
    "workspaces.audit.rest.router",
)
DESCRIPTION: Final = (
    "What the console does with a Deployment, for programs. Send an access token with each call: that of an "
    "API key, from /oauth/token, opens its own Deployment; that of a person, from /token, what the person may."
)

api = RestApi(
    [import_string(router) for router in ROUTERS], title="Cloud UI", version="1", description=DESCRIPTION
)

app_name = "rest"

urlpatterns = [
    path("v1/", include(url_patterns(api))),
    path("v1/openapi.json", docs.openapi, {"api": api}, name="openapi"),
    path("v1/docs", docs.docs, {"api": api}, name="docs"),
]
