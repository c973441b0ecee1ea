"""Who calls which Airflow, and as what: decided before anything is passed on, and again while a call lasts."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from cloudui.web import api, logs
from cloudui.web.api import ApiError
from cloudui.web.changes import count_change
from cloudui.web.principal import Principal
from deployments.access import deployment_to_call
from deployments.airflow.accounts import Account, unseal
from deployments.airflow.gateway.paths import Target, api_version, is_write
from deployments.airflow.roles import airflow_role
from deployments.models import Airflow, AirflowAuth, AirflowRole, Deployment, Status
from workspaces.principals import with_current_rights

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CREATING_SECONDS: Final = 10

NOT_CONNECTED: Final = "This Deployment has no Airflow yet. An operator connects one."
CREATING: Final = "The Airflow of this Deployment is being created. Try again in a few seconds."
HIBERNATING: Final = "The Airflow of this Deployment hibernates. Wake it up in the console."
ENDED: Final = "The access token has ended."
NO_ACCOUNT: Final = (
    "No service account for the role {} is registered for this Airflow. An operator adds one in the admin site, or "
    "with manage.py connect_airflow."
)


class Callers(Protocol):
    """What the gateway is given by those who know tokens."""

    def identify(self, request: HttpRequest) -> Principal | None:
        """The caller, None without a token; counts the use. Raises ApiError for a token that is not good."""

    def is_live(self, request: HttpRequest) -> bool:
        """Whether the token of an identified request would still be accepted, without counting a use."""

    def published_keys(self) -> dict[str, Any]:
        """The JSON Web Key Set by which tokens of ours are verified."""

    def mint(self, principal: Principal, deployment: Deployment, role: AirflowRole) -> str:
        """A token of ours for one Airflow, which names the caller."""


@dataclass(frozen=True, slots=True, repr=False)
class Admission:
    """A call that may be passed on.

    Attributes:
        base_url: of the Airflow, without a slash at its end.
        is_young: whether this Airflow may still be starting.
        account: the service account, where Airflow is entered by one.
        token: ours for this Airflow, where it knows our auth manager.
        speaks_basic: whether this Airflow takes a name and a password with each call (Airflow 2).
    """

    principal: Principal
    deployment: Deployment
    role: AirflowRole
    base_url: str
    is_young: bool
    account: Account | None
    token: str
    speaks_basic: bool


def identify(callers: Callers, request: HttpRequest) -> Principal:
    """The caller of a request.

    Raises:
        ApiError: 401 without a token or with one that is not good.
    """
    request.bearer = lambda: callers.identify(request)  # type: ignore[attr-defined] # as BearerMiddleware does
    principal = api.require_principal(request)
    logs.set_caller(principal.kind, principal.id)
    return principal


@sensitive_variables()
def admit(callers: Callers, request: HttpRequest, target: Target, query: bytes) -> Admission:
    """Decide whether the request may be passed on, and how.

    Args:
        callers: who knows tokens.
        request: with the head of the call.
        target: the Deployment's release name, and the path at Airflow.
        query: what follows it.

    Raises:
        ApiError: 400, 401, 404, 405, 502 without an account for the role, 503 without an Airflow that runs.
        Http404: for who may not know of the Deployment.
        TooManyChanges: for a write too many.
    """
    principal = identify(callers, request)
    deployment = deployment_to_call(principal, target.release_name)
    called = api_version(target, query)
    if request.method not in METHODS:
        allowed = ", ".join(METHODS)
        raise ApiError(405, "invalid_request", f"Use {allowed} here.", {"Allow": allowed})
    airflow = require_airflow(deployment)
    role = airflow_role(principal, deployment)
    account, token = credentials(callers, principal, airflow, role)
    if is_write(request.method, target.path):
        count_change(request, principal)
    major = airflow.version.partition(".")[0] or ("2" if called == "v1" else "3")
    return Admission(
        principal=principal,
        deployment=deployment,
        role=role,
        base_url=airflow.base_url.rstrip("/"),
        is_young=deployment.status == Status.CREATING,
        account=account,
        token=token,
        speaks_basic=account is not None and major == "2",
    )


def confirm(callers: Callers, request: HttpRequest, admission: Admission) -> None:
    """See whether a call that lasts would still be admitted, in the same role.

    Raises:
        ApiError: 401 or 403 if not.
        Http404: as `admit`.
        PermissionDenied: for a person who was deactivated meanwhile.
    """
    if not callers.is_live(request):
        raise ApiError(
            401, "invalid_token", ENDED, {"WWW-Authenticate": f'{api.CHALLENGE}, error="invalid_token"'}
        )
    principal = with_current_rights(admission.principal)
    deployment = deployment_to_call(principal, admission.deployment.release_name)
    if airflow_role(principal, deployment) is not admission.role:
        raise ApiError(403, "access_denied", "Your role has changed. Send the call again.")


def require_airflow(deployment: Deployment) -> Airflow:
    """The Airflow of a Deployment that came from `deployment_to_call`, if it can be called; ApiError 503 if not."""
    try:
        airflow = deployment.airflow
    except ObjectDoesNotExist:
        airflow = None
    if airflow is not None and not airflow.is_awake:
        raise ApiError(503, "airflow_unavailable", HIBERNATING)
    if airflow is not None and airflow.base_url:
        return airflow
    if deployment.status == Status.CREATING:
        raise creating()
    raise ApiError(503, "airflow_unavailable", NOT_CONNECTED)


def creating() -> ApiError:
    """What is said of an Airflow that does not answer because it is starting."""
    return ApiError(503, "airflow_unavailable", CREATING, {"Retry-After": str(CREATING_SECONDS)})


@sensitive_variables()
def credentials(
    callers: Callers, principal: Principal, airflow: Airflow, role: AirflowRole
) -> tuple[Account | None, str]:
    """The service account or the token by which this caller enters; ApiError 502 if there is none for the role."""
    if airflow.auth == AirflowAuth.AUTH_MANAGER:
        return None, callers.mint(principal, airflow.deployment, role)
    account = unseal(airflow).get(role)
    if account is None:
        raise ApiError(502, "no_service_account", NO_ACCOUNT.format(role.label))
    return account, ""
