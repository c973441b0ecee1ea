"""The API Keys tab of a Deployment: each dialog is a page first."""

import secrets
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget, trigger_client_event

from apikeys import changing, issuing
from apikeys.access import key_to_manage, key_to_view
from apikeys.forms import ConfirmForm, CreateForm, EditForm
from apikeys.issuing import Issued
from apikeys.listing import list_keys
from apikeys.models import ApiKey
from apikeys.snippets import snippets_for
from cloudui.web.forms import TypedWordForm
from cloudui.web.htmx import HtmxHttpRequest, done, form_status, page_or_fragment, posted, wants_fragment
from deployments.access import deployment_to_manage_keys, deployment_to_view
from deployments.models import Deployment
from deployments.pages import deployment_context

CHANGED = "apikeys:changed"


@require_safe
def index(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """The list, for every member of the Workspace (design.md D9)."""
    target = deployment_to_view(request.principal, workspace, deployment)
    context = {**_context(target), "listing": list_keys(target, request.GET)}
    return page_or_fragment(request, "apikeys/index.html", context, fragment="apikey-list")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """New API Key, and in the answer to its POST the one look at the secret."""
    target = deployment_to_manage_keys(request.principal, workspace, deployment)
    form = CreateForm(posted(request))
    if form.is_valid():
        return _issue(request, target, form)
    return _create_page(request, target, form, status=form_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def reissue(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Issue new secret, for a key whose secret nobody confirmed and nobody used."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    context = {**_context(target.deployment), "key": target, "is_reissuable": issuing.is_reissuable(target)}
    if request.method == "POST" and context["is_reissuable"]:
        try:
            return _reveal(request, issuing.reissue_secret(request.principal, target))
        except issuing.NotReissuable:
            context["is_reissuable"] = False
    status = HTTPStatus.OK if context["is_reissuable"] else HTTPStatus.CONFLICT
    return page_or_fragment(request, "apikeys/reissue.html", context, fragment="dialog", status=status)


@require_POST
def confirm(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """I've saved the Key Secret."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    try:
        saved = issuing.confirm_secret(request.principal, target, number=ConfirmForm(request.POST).wanted())
    except issuing.StaleReveal:
        context = {**_context(target.deployment), "key": target}
        return page_or_fragment(request, "apikeys/stale_reveal.html", context, fragment="dialog", status=409)
    response = _done(request, saved, f"API Key {saved.name} created.", focus=saved)
    return _evict_from_history(response)


@require_safe
def open_key(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponseBase:
    """The deep link to a key: its dialog for who may change it, its row for everybody else."""
    target = key_to_view(request.principal, workspace, deployment, key)
    if deployment_context(target.deployment)["may_manage_keys"]:
        return redirect("apikeys:edit", workspace=workspace, deployment=deployment, key=key)
    return redirect(f"{_list_url(target.deployment)}?q={target.key_id}")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Edit API Key: name and description."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    form = EditForm.of(target, posted(request))
    context = {**_context(target.deployment), "key": target, "form": form}
    status: int = form_status(form)
    if form.is_valid():
        try:
            saved = changing.update_key(request.principal, target, **form.cleaned_data)
        except changing.StaleEdit as stale:
            form.accept_version(stale.current)
            context["current"], status = stale.current, HTTPStatus.CONFLICT
        else:
            return _done(request, saved, f"API Key {saved.name} updated.", focus=saved)
    return page_or_fragment(request, "apikeys/edit.html", context, fragment="dialog", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Delete API Key, confirmed by typing `Delete`."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    form = TypedWordForm(posted(request), word="Delete")
    if form.is_valid():
        changing.delete_key(request.principal, target)
        return _done(request, target, f"API Key {target.name} deleted.")
    context = {**_context(target.deployment), "key": target, "form": form}
    return page_or_fragment(
        request, "apikeys/delete.html", context, fragment="dialog", status=form_status(form)
    )


@sensitive_variables("issued")
def _issue(request: HtmxHttpRequest, target: Deployment, form: CreateForm) -> HttpResponse:
    try:
        issued = issuing.create_key(request.principal, target, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _create_page(request, target, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except issuing.NonceSpent as spent:
        form.renew_nonce()
        return _create_page(request, target, form, status=HTTPStatus.CONFLICT, existing=spent.key)
    return _reveal(request, issued)


def _create_page(
    request: HtmxHttpRequest,
    target: Deployment,
    form: CreateForm,
    *,
    status: int,
    existing: ApiKey | None = None,
) -> HttpResponse:
    context = {**_context(target), "form": form, "existing": existing}
    return page_or_fragment(request, "apikeys/create.html", context, fragment="dialog", status=status)


@sensitive_variables("issued")
def _reveal(request: HtmxHttpRequest, issued: Issued) -> HttpResponse:
    """Show the secret in this very answer: no redirect, no session, no message, no cache (design.md 6.5)."""
    deployment = issued.key.deployment
    context = {
        **_context(deployment),
        "issued": issued,
        "key": issued.key,
        "has_namesake": ApiKey.objects.of(deployment)
        .named(issued.key.name)
        .exclude(pk=issued.key.pk)
        .exists(),
        "snippets": snippets_for(issued.key.pk, issued.secret, public_url=settings.PUBLIC_URL),
    }
    response: HttpResponse = page_or_fragment(request, "apikeys/reveal.html", context, fragment="reveal")
    response.shows_secret = True  # type: ignore[attr-defined] # read by CompressionMiddleware
    if wants_fragment(request):
        response = reswap(retarget(response, "#reveal"), "innerHTML")
        response = trigger_client_event(response, CHANGED, {}, after="swap")
    return response


def _done(
    request: HtmxHttpRequest, key: ApiKey, message: str, *, focus: ApiKey | None = None
) -> HttpResponse:
    detail = {"focus": f"key-{focus.pk}"} if focus else {}
    return done(request, message=message, to=_list_url(key.deployment), events={CHANGED: detail})


def _evict_from_history(response: HttpResponse) -> HttpResponse:
    """Make Chrome drop the page with the secret from its back/forward cache: a changed cookie does (T-R2)."""
    prefix = "__Host-" if settings.PUBLIC.is_https else ""
    response.set_cookie(
        f"{prefix}reveal",
        secrets.token_hex(8),
        max_age=60,
        secure=settings.PUBLIC.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _context(deployment: Deployment) -> dict[str, object]:
    return deployment_context(deployment, tab="api-keys")


def _list_url(deployment: Deployment) -> str:
    return reverse(
        "apikeys:index", kwargs={"workspace": deployment.workspace_id, "deployment": deployment.pk}
    )
