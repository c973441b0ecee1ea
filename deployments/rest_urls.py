"""The addresses of the REST interface."""

from django.urls import include, path

from deployments.rest import docs
from deployments.rest.api import url_patterns

app_name = "rest"

urlpatterns = [
    path("v1/", include(url_patterns())),
    path("v1/openapi.json", docs.openapi, name="openapi"),
    path("v1/docs", docs.docs, name="docs"),
]
