"""Every route there is, found by walking the resolver, so that a new view is guarded when it is born."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from apikeys import key_secrets, keys
from apikeys.models import ApiKey
from deployments.deploys.store.bundles import Bundle
from deployments.details.alert_emails import AlertEmail
from deployments.models import Airflow, Deployment, Ground
from tests.cast import ALERT_EMAIL, DEPLOY, GRANT, QUEUE, Cast, Place
from tests.deployments.deploys.archives import files
from workspaces.models import AuditEvent, Membership, Role, Workspace
from workspaces.principals import principal_for

# Where a Deployment can be moved, once it is made.
ANNEX: Final = "c" + "3" * 24

PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


class Archive:
    """A file to upload, as often as anybody reads it."""

    name = "dags.tar"

    def read(self) -> bytes:
        return files()


# Their first POST fills in or shows what a second one then does.
ONLY_FILL_IN: Final = {"deployments:import_variables", "deployments:apply_document"}
# What they change is in an Airflow, and there is none behind the cast's Deployments.
ASK_AIRFLOW: Final = {"deployments:pause_dag", "deployments:trigger_dag"}
# A Member looks at Airflow's own pages, in the role Viewer there.
FOR_MEMBERS: Final = {"deployments:open_airflow"}


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        pattern: its path as the URL configuration writes it, which also is its name in the guards' tables.
        name: its name with its namespace, empty where it has none.
        view: the callable.
    """

    pattern: str
    name: str
    view: Callable[..., HttpResponseBase]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parts that vary."""
        return tuple(a or b for a, b in PARAMETER.findall(self.pattern))

    @property
    def is_for_programs(self) -> bool:
        """Whether cloudui.web.api made it."""
        return hasattr(self.view, "accepts")

    @property
    def needs_no_session(self) -> bool:
        """Whether its view says that nobody needs to be signed in."""
        return not getattr(self.view, "login_required", True)

    @property
    def is_admin_site(self) -> bool:
        return self.name.startswith("admin:")

    @property
    def is_of_a_workspace(self) -> bool:
        return "workspace" in self.parameters

    def path(self, cast: Cast, place: Place | None = None) -> str:
        """Its address for a place, that of Home unless given."""
        values = {**_values(self, cast), **(place or cast.home)._asdict()}
        text = PARAMETER.sub(lambda match: values[match[1] or match[2]], self.pattern)
        path = "/" + re.sub(r"[\^$]", "", text)
        if resolve(path).func is not self.view:
            raise LookupError(
                f"{path} is not an address of {self.pattern}: tests/house/routes.py chose badly"
            )
        return path

    def __str__(self) -> str:
        return f"/{self.pattern}"


def routes() -> list[Route]:
    """All of them, in the order in which they are tried."""
    return list(_walk(get_resolver().url_patterns))


def pages() -> list[Route]:
    """Those for people."""
    return [route for route in routes() if not route.is_for_programs]


def console() -> list[Route]:
    """The pages besides those of the admin site and of signing in."""
    return [route for route in pages() if not route.pattern.startswith(("admin", "account/"))]


def of_workspaces() -> list[Route]:
    """The pages inside a Workspace."""
    return [route for route in pages() if route.is_of_a_workspace]


def forms(cast: Cast) -> list[Route]:
    """The pages of the console that take a POST, as they say themselves."""
    client = cast.client("owner")
    return [route for route in console() if "POST" in client.options(route.path(cast)).headers["Allow"]]


def changing_forms(cast: Cast) -> list[Route]:
    """Those of them that change something when they are sent."""
    return [route for route in forms(cast) if route.name not in ONLY_FILL_IN | ASK_AIRFLOW]


def body(route: Route, cast: Cast) -> dict[str, Any]:
    """What somebody who may sends there, so that a refusal is not about what was sent."""
    if route.is_admin_site and route.pattern.endswith("/delete/"):
        return {"post": "yes"}
    deployment = cast.deployment(cast.home)
    queue = {"worker_type": "small", "min_workers": 0, "max_workers": 5, "concurrency": 16}
    bodies: dict[str, dict[str, Any]] = {
        "apikeys:create": {"name": "Made", "description": "", "nonce": "0" * 32},
        "apikeys:edit": {"name": "Edited", "description": "", "version": 1},
        "apikeys:delete": {"word": "Delete"},
        "apikeys:confirm": {"number": 1},
        "apikeys:rotate": {"ends": "1h"},
        "apikeys:end_now": {"number": 1},
        "apikeys:authorize": {"decision": "allow"},
        "deployments:create": {
            "name": "Made",
            "cluster": deployment.cluster_id,
            "runtime": deployment.runtime_id,
            "executor": deployment.executor,
            "scheduler_au": 5,
            "scheduler_replicas": 1,
        },
        "deployments:delete": {"word": "Delete"},
        "deployments:apply_document": {"text": "configuration: {name: Renamed}"},
        "deployments:edit_variables": {
            "version": deployment.variables_version,
            "key": ["MADE"],
            "value": ["1"],
            "was": [""],
            "draft": [""],
        },
        "deployments:import_variables": {"text": "MADE=1"},
        "deployments:transfer": {"workspace": ANNEX},
        "deployments:deploy": {"archive": Archive()},
        "deployments:pause_dag": {"dag": "load"},
        "deployments:trigger_dag": {"dag": "load"},
        "deployments:queue_create": {**queue, "name": "made"},
        "deployments:queue_edit": {**queue, "version": _version_of_queue(deployment)},
        "deployments:queue_delete": {"word": f"Delete {QUEUE}"},
        "deployments:edit": {
            "version": deployment.configuration_version,
            "name": "Edited",
            "executor": deployment.executor,
            "scheduler_au": 6,
            "scheduler_replicas": 1,
        },
        "deployments:alert_emails": {"email": "another@example.com"},
        "workspaces:create": {"name": "Made"},
        "workspaces:edit": {"name": "Edited", "version": deployment.workspace.version},
        "workspaces:delete": {"word": "delete"},
        "workspaces:audit_export": {"days": 1},
        "workspaces:color_mode": {"color_mode": "dark"},
    }
    return bodies.get(route.name, {})


def _version_of_queue(deployment: Deployment) -> int:
    queue = deployment.worker_queues.filter(name=QUEUE).first()
    return queue.version if queue else 1


def make_ready(route: Route, cast: Cast) -> None:
    """Bring about what a POST there presupposes, so that somebody who may succeeds."""
    if route.name == "deployments:transfer":
        annex = Workspace.objects.create(pk=ANNEX, name="Annex")
        for role in ("member", "editor", "admin"):
            Membership.objects.create(workspace=annex, user=cast.people[role], role=Role.EDITOR)
    if route.name == "deployments:roll_back":
        bundle = Bundle(cast.deployment(cast.home).release_name)
        if not bundle.has(DEPLOY):
            bundle.receive(DEPLOY, io.BytesIO(files()), owner=cast.home.deployment)
    if route.name == "workspaces:delete":
        Deployment.objects.filter(workspace=cast.home.workspace).update(workspace=cast.elsewhere.workspace)
    if route.name == "deployments:open_airflow":
        Airflow.objects.create(deployment_id=cast.home.deployment, ground=Ground.LOCAL)
    if route.name in {"deployments:hibernate", "deployments:wake_up", "deployments:restart"}:
        Airflow.objects.create(
            deployment_id=cast.home.deployment,
            ground=Ground.LOCAL,
            is_awake=route.name != "deployments:wake_up",
        )
    if route.name not in {"apikeys:enable", "apikeys:end_now"}:
        return
    key = ApiKey.objects.select_related("deployment").get(pk=cast.home.key)
    principal = principal_for(cast.people["admin"])
    if route.name == "apikeys:enable":
        keys.disable_key(principal, key)
    else:
        key_secrets.rotate_secret(principal, key, overlap=timedelta(hours=1))


def _walk(
    patterns: Sequence[URLPattern | URLResolver], prefix: str = "", namespaces: tuple[str, ...] = ()
) -> Iterator[Route]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (pattern.namespace,) if pattern.namespace else ()
            yield from _walk(pattern.url_patterns, text, namespaces + inner)
        else:
            name = ":".join([*namespaces, pattern.name or ""])
            yield Route(text, name, pattern.callback)


def _values(route: Route, cast: Cast) -> dict[str, str]:
    """What stands in an address besides a place."""
    values = {
        "uidb36": "1",
        # Of a password's reset: one that leads nowhere.
        "key": "never-issued",
        "capability": "never-issued",
        "queue": QUEUE,
        "deploy": DEPLOY,
        "grant": GRANT,
        "app_label": "workspaces",
        "url": "nothing/here",
        # The client of 2023 knows it by its short name.
        "organization": settings.ORGANIZATION_SHORT_NAME
        if route.pattern.startswith("v1alpha1")
        else settings.ORGANIZATION_ID,
        "user": cast.people["member"].pk,
        "content_type_id": "1",
        "address": AlertEmail(ALERT_EMAIL).handle,
        "id": cast.people["member"].pk,
        "base": "platform/v1beta1",
        "cluster": cast.deployment(cast.home).cluster_id,
    }
    if "object_id" in route.parameters:
        model = re.match(r"admin/(\w+)/(\w+)/", route.pattern)
        values["object_id"] = _object(model[2], cast) if model else "1"
    return {name: str(value) for name, value in values.items()}


def _object(model: str, cast: Cast) -> str:
    """A row of the admin site that something at home needs, so that every walk asks for the same."""
    home = Deployment.objects.get(pk=cast.home.deployment)
    known = {
        "apikey": cast.home.key,
        "auditevent": AuditEvent.objects.order_by("pk").values_list("pk", flat=True).first(),
        "cluster": home.cluster_id,
        "deployment": home.pk,
        "membership": home.workspace.memberships.get(user=cast.people["member"]).pk,
        "runtimerelease": home.runtime_id,
        "user": cast.people["member"].pk,
        "workspace": home.workspace_id,
    }
    return str(known.get(model) or 1)
