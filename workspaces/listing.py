"""The Overview: one page of Workspaces and the health of their Deployments, at a constant cost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count
from django.db.models.functions import Lower
from django.http import QueryDict

from cloudui.web.listing import ListForm, Listing, Sort, page_of
from cloudui.web.principal import Principal
from workspaces.models import Workspace
from workspaces.models.workspace import WorkspaceQuerySet


@dataclass(frozen=True, slots=True)
class Health:
    """How many Deployments of a Workspace, at least one, have a status."""

    status: str
    count: int

    @property
    def label(self) -> str:
        return self.status.capitalize()


@dataclass(frozen=True, slots=True)
class Row:
    """One Workspace of the Overview."""

    workspace: Workspace
    health: list[Health]

    @property
    def deployment_count(self) -> int:
        return sum(health.count for health in self.health)


class WorkspaceListForm(ListForm):
    """Searches the Workspaces by how their names begin."""

    SORTS: ClassVar[Mapping[str, Sort]] = {"name": Sort("sort_name", is_descending=False)}


# Without slots, with which a dataclass has no super().
@dataclass(frozen=True)
class WorkspaceListing(Listing[Workspace]):
    """A page of Workspaces."""

    rows: list[Row]

    @property
    def is_long(self) -> bool:
        """Whether there is more than this page, so that one searches."""
        return bool(self.search or self.before or self.after)


def list_workspaces(principal: Principal, params: QueryDict) -> WorkspaceListing:
    """One page of the caller's Workspaces by name, in two queries however many Workspaces and Deployments there are.

    `params` is the query of the URL (`q`, `before`, `after`).
    """
    form = WorkspaceListForm(params)
    found = find_workspaces(principal, form.value("q")).annotate(sort_name=Lower("name"))
    page = page_of(form, found)
    health = _health_of(page.rows)
    rows = [Row(workspace=workspace, health=health[workspace.pk]) for workspace in page.rows]
    return WorkspaceListing(page, form, rows=rows)


def find_workspaces(principal: Principal, text: str) -> WorkspaceQuerySet:
    """The caller's Workspaces whose names begin with a text, in whatever case; all of them for an empty one."""
    visible = Workspace.objects.visible_to(principal)
    return visible.filter(name__begins_with_any_case=text) if text else visible


def _health_of(workspaces: Iterable[Workspace]) -> dict[str, list[Health]]:
    counts = (
        Workspace.objects.filter(pk__in=[workspace.pk for workspace in workspaces], deployments__isnull=False)
        .values_list("pk", "deployments__status")
        .annotate(count=Count("deployments"))
        .order_by("deployments__status")
    )
    health = defaultdict(list)
    for workspace, status, count in counts:
        health[workspace].append(Health(status=status, count=count))
    return health
