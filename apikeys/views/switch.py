"""Disabling and enabling a key: what can be taken back, unlike deleting."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from apikeys.access import key_to_manage
from apikeys.keys import disable_key, enable_key
from apikeys.views.frame import finish, key_context
from cloudui.web.htmx import HtmxHttpRequest, page_or_fragment


@require_http_methods(["GET", "HEAD", "POST"])
def disable(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Disable API Key: refused from the next request on, until it is enabled again."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    if request.method == "POST":
        disable_key(request.principal, target)
        return finish(request, target, f"API Key {target.name} was disabled.", focus=target)
    return page_or_fragment(request, "apikeys/disable.html", key_context(target), fragment="dialog")


@require_POST
def enable(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Enable API Key: accepted again; access tokens from before stay refused."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    enable_key(request.principal, target)
    return finish(request, target, f"API Key {target.name} was enabled.", focus=target)
