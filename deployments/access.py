"""The whole access policy of Deployments, a function for each right (the table is in docs/security.md)."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from cloudui.web.prepared import prepared
from cloudui.web.principal import Kind, Principal
from deployments.models import Cluster, Deployment
from deployments.models.deployment import DeploymentQuerySet
from workspaces.access import require_role
from workspaces.models import Membership, Role
from workspaces.principals import with_current_rights

CI_CD_ENFORCED = (
    "This Deployment only accepts deploys made with an API key. "
    "Turn off CI/CD Enforcement in Details or deploy from CI."
)
DAG_DEPLOYS_DISABLED = "DAG deploys are disabled for this Deployment. Enable them in Details."


def deployment_to_view(
    principal: Principal, workspace_id: str | None, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """The Deployment, with `caller_role`; the functions below take and raise the same, and PermissionDenied.

    `workspace_id` is the one in the URL, if any: a Deployment of another one is not found. Raises Http404 for whoever
    does not belong to its Workspace; with `locked`, also PermissionDenied for a person who was deactivated meanwhile.
    """
    # Rights are read once it is held: PostgreSQL would decide them as they were before the wait.
    if locked:
        Deployment.objects.locked().filter(pk=deployment_id).first()
        principal = with_current_rights(principal)
    found = _visible(
        kind=principal.kind,
        is_owner=principal.is_owner,
        caller=principal.deployment or principal.id,
        workspace=workspace_id,
        deployment=deployment_id,
    )
    if not found:
        raise Http404
    return found[0]


@prepared("kind", "is_owner")
def _visible(
    *, kind: Kind, is_owner: bool, caller: str, workspace: str | None, deployment: str
) -> DeploymentQuerySet:
    """The Deployment if the caller, a person or the one Deployment of an API key, may see it."""
    principal = Principal(kind=kind, id=caller, name="", is_owner=is_owner, deployment=caller)
    rows = Deployment.objects.visible_to(principal).filter(pk=deployment)
    return rows if workspace is None else rows.filter(workspace_id=workspace)


def clusters_to_view(principal: Principal) -> QuerySet[Cluster]:
    """The Clusters that the caller may know of, by name: those of the Deployments that the caller sees.

    Who may make a Deployment somewhere chooses among all: an Editor of any Workspace, and an Organization Owner also
    while there is no Workspace at all, who may make one and a Deployment in it next.
    """
    rows = Cluster.objects.order_by("name")
    if principal.kind is Kind.USER:
        edited = Membership.objects.filter(user_id=principal.id, role__gte=Role.EDITOR)
        if principal.is_owner or edited.exists():
            return rows
    return rows.filter(pk__in=Deployment.objects.visible_to(principal).values("cluster_id"))


def deployment_to_call(principal: Principal, release_name: str) -> Deployment:
    """The Deployment of that release name with its `airflow`, for who may call the Airflow behind it.

    Every member may, and its own API key: the role that they have there decides what. Raises Http404 for others.
    """
    found = _callable(
        kind=principal.kind,
        is_owner=principal.is_owner,
        caller=principal.deployment or principal.id,
        release_name=release_name,
    )
    if not found:
        raise Http404
    return found[0]


@prepared("kind", "is_owner")
def _callable(*, kind: Kind, is_owner: bool, caller: str, release_name: str) -> DeploymentQuerySet:
    """The same by release name, with the accounts by which its Airflow is entered."""
    principal = Principal(kind=kind, id=caller, name="", is_owner=is_owner, deployment=caller)
    return Deployment.objects.visible_to(principal).defer(None).filter(release_name=release_name)


def deployment_to_edit(
    principal: Principal, workspace_id: str | None, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """For who may change its configuration, queues, variables and alert e-mails: an Editor, or its own API key."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id, locked=locked)
    if principal.kind is not Kind.API_KEY:
        require_role(deployment.caller_role, needed=Role.EDITOR, to="change a Deployment")
    return deployment


def deployment_to_deploy(
    principal: Principal, workspace_id: str | None, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """For who may deploy code to it or roll it back; see `require_deploy`."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id, locked=locked)
    require_deploy(principal, deployment)
    return deployment


def deployment_to_deploy_image(
    principal: Principal, workspace_id: str | None, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """For who may deploy an image to it; see `require_deploy_image`."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id, locked=locked)
    require_deploy_image(principal, deployment)
    return deployment


def require_deploy(principal: Principal, deployment: Deployment) -> None:
    """Refuse, with the reason, whoever may not deploy an image, and everybody while DAG deploys are disabled."""
    require_deploy_image(principal, deployment)
    if not deployment.dag_deploys_enabled:
        raise PermissionDenied(DAG_DEPLOYS_DISABLED)


def require_deploy_image(principal: Principal, deployment: Deployment) -> None:
    """Refuse, with the reason, Members, and people while CI/CD enforcement is on."""
    if principal.kind is not Kind.API_KEY:
        require_role(deployment.caller_role, needed=Role.EDITOR, to="deploy code")
        if deployment.ci_cd_enforced:
            raise PermissionDenied(CI_CD_ENFORCED)


def deployment_to_transfer(
    principal: Principal, workspace_id: str | None, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """For who may move it away: an Editor in person. The other Workspace decides by `workspace_to_receive`."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id, locked=locked)
    _require_editor_in_person(principal, deployment, to="transfer a Deployment")
    return deployment


def deployment_to_delete(
    principal: Principal, workspace_id: str, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """For who may delete it: an Editor, never an API key."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id, locked=locked)
    _require_editor_in_person(principal, deployment, to="delete a Deployment")
    return deployment


def deployment_to_manage_keys(
    principal: Principal, workspace_id: str, deployment_id: str, *, locked: bool = False
) -> Deployment:
    """For an Admin who is signed in: a key or a person's token that could make keys would outlive its own end."""
    deployment = deployment_to_view(principal, workspace_id, deployment_id, locked=locked)
    if principal.kind is Kind.API_KEY:
        raise PermissionDenied("An API key cannot manage API keys.")
    if principal.is_token:
        raise PermissionDenied("An access token cannot manage API keys. Sign in to the console.")
    require_role(deployment.caller_role, needed=Role.ADMIN, to="create, change or delete API keys")
    return deployment


def _require_editor_in_person(principal: Principal, deployment: Deployment, *, to: str) -> None:
    if principal.kind is Kind.API_KEY:
        raise PermissionDenied(f"An API key cannot {to}.")
    require_role(deployment.caller_role, needed=Role.EDITOR, to=to)
