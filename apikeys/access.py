"""The whole access policy of API keys, who may see and change them, and of the sign-ins of the astro CLI."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from apikeys.models import ApiKey, AuthorizationGrant
from apikeys.models.key import live_secrets
from cloudui.web.principal import Kind, Principal
from deployments.access import deployment_to_manage_keys, deployment_to_view
from deployments.models import Deployment


def key_to_view(principal: Principal, workspace_id: str, deployment_id: str, key_id: str) -> ApiKey:
    """The key, for every member of its Workspace: IDs are not secret. API keys and access tokens see none."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id)
    if principal.kind is Kind.API_KEY or principal.is_token:
        raise PermissionDenied("API keys can be seen in the console only.")
    return _find(deployment, key_id)


def key_to_manage(
    principal: Principal, workspace_id: str, deployment_id: str, key_id: str, *, locked: bool = False
) -> ApiKey:
    """The key, for an Admin of its Workspace, with `deployment` as that person's rights showed it.

    `locked` holds the rows of Deployment and key until the transaction ends.

    Raises:
        Http404: for strangers and for keys that are not there, or are another Deployment's.
        PermissionDenied: for Members, Editors and API keys, whether or not the key exists.
    """
    deployment = deployment_to_manage_keys(principal, workspace_id, deployment_id, locked=locked)
    return _find(deployment, key_id, locked=locked)


def key_to_change(principal: Principal, key: ApiKey) -> ApiKey:
    """The key anew, locked with its Deployment, if the caller may still manage it; raises as `key_to_manage` does."""
    return key_to_manage(principal, key.deployment.workspace_id, key.deployment_id, key.pk, locked=True)


def grant_to_end(principal: Principal, grant_id: str) -> AuthorizationGrant:
    """A sign-in of the astro CLI, for the person whose own it is."""
    grant = AuthorizationGrant.objects.filter(pk=grant_id, user=principal.id).first()
    if grant is None:
        raise Http404
    return grant


def _find(deployment: Deployment, key_id: str, *, locked: bool = False) -> ApiKey:
    keys = ApiKey.objects.of(deployment).prefetch_related(live_secrets())
    if locked:
        keys = keys.locked()
    key = keys.filter(pk=key_id).first()
    if key is None:
        raise Http404
    # The row as the caller's rights showed it, with its role.
    key.deployment = deployment
    return key
