"""The Overview: one page of Workspaces and the health of their Deployments, at a constant cost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict

from cloudui.web.paging import PAGE_SIZE, Page, first_page, order_of, paginate
from cloudui.web.prepared import each, prepared
from cloudui.web.principal import Kind, Principal
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
    page = _page(principal, params.get("before", ""), params.get("after", ""))
    health = _health_of(page.rows)
    return Listing(
        rows=[Row(workspace=workspace, health=health[workspace.pk]) for workspace in page.rows],
        previous=page.previous_query,
        next=page.next_query,
    )


def _page(principal: Principal, before: str, after: str) -> Page[Workspace]:
    if before or after:
        visible = Workspace.objects.visible_to(principal).annotate(sort_name=Lower("name"))
        return paginate(visible, by="sort_name", before=before, after=after)
    found = _first(kind=principal.kind, is_owner=principal.is_owner, caller=principal.id)
    return first_page(found, by="sort_name")


@prepared("kind", "is_owner")
def _first(*, kind: Kind, is_owner: bool, caller: str) -> QuerySet[Workspace]:
    """The first page, which is what most people open."""
    principal = Principal(kind=kind, id=caller, name="", is_owner=is_owner)
    visible = Workspace.objects.visible_to(principal).annotate(sort_name=Lower("name"))
    return visible.order_by(*order_of("sort_name", is_descending=False))[: PAGE_SIZE + 1]


def _health_of(workspaces: Iterable[Workspace]) -> dict[str, list[Health]]:
    ids = each(workspace.pk for workspace in workspaces)
    health = defaultdict(list)
    for workspace, status, count in _counts(number=len(ids), **ids) if ids else ():
        health[workspace].append(Health(status=status, count=count))
    return health


@prepared("number")
def _counts(*, number: int, **ids: str) -> QuerySet[Workspace, tuple[str, str, int]]:
    return (
        Workspace.objects.filter(pk__in=list(ids.values()), deployments__isnull=False)
        .values_list("pk", "deployments__status")
        .annotate(count=Count("deployments"))
        .order_by("deployments__status")
    )
