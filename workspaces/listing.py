"""The Overview: one page of Workspaces and the health of their Deployments, at a constant cost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.db.models.functions import Lower
from django.http import QueryDict

from cloudui.web.paging import Page, paginate
from cloudui.web.principal import Principal
from workspaces.models import Workspace


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


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of Workspaces, and the queries of the pages around it, empty where there is none."""

    rows: list[Row]
    previous: str
    next: str


def list_workspaces(principal: Principal, params: QueryDict) -> Listing:
    """One page of the caller's Workspaces by name, in two queries however many Workspaces and Deployments there are.

    `params` is the query of the URL (`before`, `after`).
    """
    visible = Workspace.objects.visible_to(principal).annotate(sort_name=Lower("name"))
    page: Page[Workspace] = paginate(
        visible, by="sort_name", before=params.get("before", ""), after=params.get("after", "")
    )
    health = _health_of(page.rows)
    return Listing(
        rows=[Row(workspace=workspace, health=health[workspace.pk]) for workspace in page.rows],
        previous=page.previous_query,
        next=page.next_query,
    )


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
