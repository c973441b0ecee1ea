"""The limits as views: a bare answer in JSON, a minimal page of 25 keys, the stock Django admin."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from apikeys.models import ApiKey
from deployments.models import Deployment


def bare(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"kind": "api_key", "id": "0" * 32, "name": "CI"})


# MachineFaceMiddleware calls it as directly as it calls the routes of Cloud UI.
bare.accepts = None


@login_required
def keys(request: HttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """Session, person, one query for the right to see it, one for the rows."""
    rights = Deployment.objects.filter(workspace__memberships__user=request.user.pk)
    target = get_object_or_404(rights, pk=deployment, workspace_id=workspace)
    rows = (
        ApiKey.objects.filter(deployment=target)
        .order_by("-created_at", "-key_id")
        .values("key_id", "name", "description", "created_at", "created_by_name")
    )
    return render(request, "keys.html", {"deployment": target, "keys": list(rows[:26])[:25]})


class Keys(admin.ModelAdmin):  # type: ignore[type-arg] # Django's own class takes no argument
    list_display = ("key_id", "name", "description", "created_at", "created_by_name")
    list_per_page = 25


site = admin.AdminSite()
site.register(ApiKey, Keys)

urlpatterns = [
    path("v1/bare", bare),
    path("admin/", site.urls),
    path("<str:workspace>/deployments/<str:deployment>/api-keys", keys, name="keys"),
]
