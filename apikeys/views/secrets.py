"""A key's secret: making it with the key, confirming that it is saved, replacing it, seeing its first use."""

from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apikeys import key_secrets
from apikeys.access import key_to_manage
from apikeys.forms import CreateForm, RotateForm, SecretForm
from apikeys.keys import NonceSpent, create_key
from apikeys.models import ApiKey
from apikeys.views.frame import finish, key_context, tab_context
from apikeys.views.reveal import evict_from_history, reveal
from cloudui.web.htmx import HtmxHttpRequest, form_status, page_or_fragment, posted
from deployments.access import deployment_to_manage_keys
from deployments.models import Deployment

# What htmx takes as the end of polling.
STOP_POLLING = 286


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HtmxHttpRequest, workspace: str, deployment: str) -> HttpResponse:
    """New API Key, and in the answer to its POST the one look at the secret."""
    target = deployment_to_manage_keys(request.principal, workspace, deployment)
    form = CreateForm(posted(request))
    if form.is_valid():
        return _issue(request, target, form)
    return _create_page(request, target, form, status=form_status(form))


@require_POST
def confirm(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """I've saved the Key Secret."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    number = SecretForm(request.POST).value()
    try:
        saved = key_secrets.confirm_secret(request.principal, target, number=number)
    except key_secrets.StaleReveal:
        return page_or_fragment(
            request, "apikeys/stale_reveal.html", key_context(target), fragment="dialog", status=409
        )
    what = "was created" if number == 1 else "has a new secret"
    return evict_from_history(finish(request, saved, f"API Key {saved.name} {what}.", focus=saved))


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def reissue(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Issue new secret, for a key whose secret nobody confirmed and nobody used."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    is_reissuable = key_secrets.is_reissuable(target)
    if request.method == "POST" and is_reissuable:
        try:
            return reveal(request, key_secrets.reissue_secret(request.principal, target))
        except key_secrets.NotReissuable:
            is_reissuable = False
    context = {**key_context(target), "is_reissuable": is_reissuable}
    status = HTTPStatus.OK if is_reissuable else HTTPStatus.CONFLICT
    return page_or_fragment(request, "apikeys/reissue.html", context, fragment="dialog", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def rotate(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """Rotate Secret: a new one now, the old one ends when the person says."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    form = RotateForm(posted(request))
    is_rotating = target.is_rotating
    if form.is_valid() and not is_rotating:
        try:
            issued = key_secrets.rotate_secret(request.principal, target, overlap=form.overlap)
            return reveal(request, issued)
        except key_secrets.TwoSecretsLive:
            is_rotating = True
    context = {**key_context(target), "form": form, "is_rotating": is_rotating}
    status = HTTPStatus.CONFLICT if is_rotating else form_status(form)
    return page_or_fragment(request, "apikeys/rotate.html", context, fragment="dialog", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def end_now(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """End now, for the previous secret of a rotation, once it is clear what still uses it."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    number = SecretForm(request.POST if request.method == "POST" else request.GET).value()
    try:
        if request.method == "POST":
            key_secrets.end_secret(request.principal, target, number=number)
            message = f"The previous secret of API Key {target.name} was ended."
            return finish(request, target, message, focus=target)
        context = {**key_context(target), "secret": key_secrets.previous_secret(target, number)}
    except (key_secrets.SecretNotLive, key_secrets.CurrentSecret) as refusal:
        context = {**key_context(target), "reason": str(refusal)}
        return page_or_fragment(request, "apikeys/not_ended.html", context, fragment="dialog", status=409)
    return page_or_fragment(request, "apikeys/end_now.html", context, fragment="dialog")


@require_safe
def first_use(request: HtmxHttpRequest, workspace: str, deployment: str, key: str) -> HttpResponse:
    """The line under a fresh secret that turns from waiting to used; it asks again until it has."""
    target = key_to_manage(request.principal, workspace, deployment, key)
    number = SecretForm(request.GET).value()
    secret = next((secret for secret in target.live_secrets if secret.number == number), None)
    context = {**key_context(target), "secret": secret, "number": number}
    response = page_or_fragment(request, "apikeys/first_use.html", context, fragment="first-use")
    if secret is None or secret.first_used_at:
        response.status_code = STOP_POLLING if request.htmx else HTTPStatus.OK
    return response


@sensitive_variables("issued")
def _issue(request: HtmxHttpRequest, target: Deployment, form: CreateForm) -> HttpResponse:
    try:
        issued = create_key(request.principal, target, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _create_page(request, target, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NonceSpent as spent:
        form.renew_nonce()
        return _create_page(request, target, form, status=HTTPStatus.CONFLICT, existing=spent.key)
    return reveal(request, issued)


def _create_page(
    request: HtmxHttpRequest,
    target: Deployment,
    form: CreateForm,
    *,
    status: int,
    existing: ApiKey | None = None,
) -> HttpResponse:
    context = {**tab_context(target), "form": form, "existing": existing}
    return page_or_fragment(request, "apikeys/create.html", context, fragment="dialog", status=status)
