"""The Overview: one page of Workspaces and the health of their Deployments, at a constant cost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict

from cloudui.web.listing import ListForm, Listing, Sort, page_of
from cloudui.web.paging import PAGE_SIZE, Page, first_page, order_of
from cloudui.web.prepared import each, prepared
from cloudui.web.principal import Kind, Principal
from workspaces.models import Workspace
from workspaces.models.workspace import WorkspaceQuerySet


@dataclass(frozen=True, slots=True)
class Health:
    """How many Deployments of a Workspace, at least one, have a status."""

    status: str
    count: int

    @property
    def label(self) -> str:
        # The word of `deployments`, which is not known here, for what clients call UNKNOWN.
        return "Not connected" if self.status == "UNKNOWN" else self.status.capitalize()


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
    page = _page(principal, form)
    health = _health_of(page.rows)
    rows = [Row(workspace=workspace, health=health[workspace.pk]) for workspace in page.rows]
    return WorkspaceListing(page, form, rows=rows)


def find_workspaces(principal: Principal, text: str) -> WorkspaceQuerySet:
    """The caller's Workspaces whose names begin with a text, in whatever case; all of them for an empty one."""
    visible = Workspace.objects.visible_to(principal)
    return visible.filter(name__begins_with_any_case=text) if text else visible


def _page(principal: Principal, form: WorkspaceListForm) -> Page[Workspace]:
    search = form.value("q")
    if search or form.value("before") or form.value("after"):
        found = find_workspaces(principal, search).annotate(sort_name=Lower("name"))
        return page_of(form, found)
    first = _first(kind=principal.kind, is_owner=principal.is_owner, caller=principal.id)
    return first_page(first, by="sort_name")


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
