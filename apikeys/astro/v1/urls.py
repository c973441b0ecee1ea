"""The URLs of the interface, relative to each base at which some version of the client looks for it.

Since version 1.43 that is `/v1`, before it `/platform/v1beta1` and `/iam/v1beta1`. Our own interface is below `/v1`
too, and none of its addresses begins with those named here.
"""

from typing import Final

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from apikeys.astro.v1.api import AstroApi, client_patterns, worded
from apikeys.astro.v1.views import airflow, deployments, deploys, organizations, others, users, workspaces

api: Final = AstroApi(
    [
        organizations.router,
        workspaces.router,
        users.router,
        deployments.router,
        deploys.router,
        airflow.router,
    ],
    title="Cloud UI for the astro client",
    version="astro",
)


class EarlierBaseConverter(StringConverter):
    """Where clients before version 1.43 look for the same, and that of today with a file of 2023's on a laptop."""

    regex = "platform/v1beta1|iam/v1beta1|v1alpha1/v1"


register_converter(EarlierBaseConverter, "earlier")

_not_served = worded(others.not_served)
_patterns: Final = [
    *client_patterns(api),
    path("organizations/<path:url>", _not_served, name="v1_not_served"),
    path("users/<path:url>", _not_served, name="v1_users_not_served"),
]
# Two things that clients before version 1.43 ask for at another base than the rest.
_of_core: Final = [
    each for each in client_patterns(api) if each.name in {"read_deployment_options", "read_logs"}
]

urlpatterns: Final[list[URLPattern | URLResolver]] = [
    path("v1/", include(_patterns)),
    path("<earlier:base>/", include(_patterns)),
    path("v1alpha1/", include(_of_core)),
]
