"""The site map: the only module that knows all apps."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView, TemplateView

from cloudui.web import errors

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("", include("apikeys.tokens.urls")),
    path("", include("apikeys.astro.urls")),
    path("", include("cloudui.api")),
    path("account/", include("workspaces.sign_in.urls")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("apikeys.urls")),
    path("", include("deployments.urls")),
    path("", include("workspaces.urls")),
]

if settings.DEBUG:
    urlpatterns += [path("gallery", TemplateView.as_view(template_name="components/gallery.html"))]
