"""What the list shows: one page of a Workspace's Deployments, found and sorted as asked, at a constant cost."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Lower

from cloudui.web.paging import Page, paginate
from deployments.forms import ListForm
from deployments.models import Deployment
from workspaces.models import Workspace

# What an address does not need to say.
DEFAULTS = {"sort": "name", "view": "cards"}
SORT_LABELS = {
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "-updated": "Updated, newest first",
    "updated": "Updated, oldest first",
    "-created": "Created, newest first",
    "created": "Created, oldest first",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look at the list: a link with its words, and whether it is the way shown."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column that sorts.

    Attributes:
        query: sorts by this column, the other way round if the list is sorted by it.
        direction: the value of `aria-sort`, empty when the list is sorted by something else.
    """

    query: str
    direction: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of Deployments and the queries of the addresses around it, to be appended to the list's path.

    Attributes:
        page: the rows.
        total: how many Deployments the Workspace has.
        found: how many of them match the search.
        search: what was searched for.
        sort: the sort shown, a key of `ListForm.SORTS`.
        view: `cards` or `table`.
        position: the cursor that was asked for, as query parameters.
    """

    page: Page[Deployment]
    total: int
    found: int
    search: str
    sort: str
    view: str
    position: dict[str, str]

    @property
    def here(self) -> str:
        """The query of this very page."""
        return self._query(**self.position)

    @property
    def before(self) -> str:
        """The query of the previous page, empty on the first."""
        return self._query(before=self.page.before) if self.page.before else ""

    @property
    def after(self) -> str:
        """The query of the next page, empty on the last."""
        return self._query(after=self.page.after) if self.page.after else ""

    @property
    def everything(self) -> str:
        """The query without the search."""
        return self._query(q="")

    @property
    def kept(self) -> dict[str, str]:
        """What a new search keeps: the view and the sort, where they are not those shown anyway."""
        given = {"view": self.view, "sort": self.sort}
        return {name: value for name, value in given.items() if value != DEFAULTS[name]}

    @property
    def sorts(self) -> list[Choice]:
        """All ways to sort."""
        return [
            Choice(label=label, query=self._query(sort=sort), is_current=sort == self.sort)
            for sort, label in SORT_LABELS.items()
        ]

    @property
    def sort_label(self) -> str:
        """The sort shown, in words."""
        return SORT_LABELS[self.sort]

    @property
    def as_cards(self) -> str:
        """The query that shows this page as cards."""
        return self._query(view="cards", **self.position)

    @property
    def as_table(self) -> str:
        """The query that shows this page as a table."""
        return self._query(view="table", **self.position)

    @property
    def by_name(self) -> Column:
        """Sorts by name."""
        return self._column("name", first="name")

    @property
    def by_updated(self) -> Column:
        """Sorts by the last change."""
        return self._column("updated", first="-updated")

    @property
    def by_created(self) -> Column:
        """Sorts by age."""
        return self._column("created", first="-created")

    # Private

    def _column(self, name: str, *, first: str) -> Column:
        if self.sort.removeprefix("-") != name:
            return Column(query=self._query(sort=first), direction="")
        is_descending = self.sort.startswith("-")
        return Column(
            query=self._query(sort=name if is_descending else f"-{name}"),
            direction="descending" if is_descending else "ascending",
        )

    def _query(self, **changes: str) -> str:
        given = {"q": self.search, "view": self.view, "sort": self.sort, **changes}
        query = urlencode({name: value for name, value in given.items() if value != DEFAULTS.get(name, "")})
        return f"?{query}" if query else ""


def list_deployments(workspace: Workspace, asked: Any) -> Listing:
    """One page of a Workspace's Deployments, by name unless asked otherwise.

    Args:
        workspace: whose Deployments; that the caller may see it is decided already.
        asked: the query of the address (`q`, `view`, `sort`, `before`, `after`).

    Returns:
        The page, in three queries at the most however many Deployments there are.
    """
    form = ListForm(asked)
    search, sort = form.wanted("q"), form.wanted("sort") or DEFAULTS["sort"]
    position = {name: form.wanted(name) for name in ("before", "after")}
    column, is_descending = ListForm.SORTS[sort]
    everything = Deployment.objects.of(workspace)
    matching = everything.matching(search)
    rows = matching.select_related("cluster", "runtime").annotate(sort_name=Lower("name"))
    # A Workspace has dozens of Deployments, so counting them costs nothing (unlike their keys).
    total = everything.count()
    return Listing(
        page=paginate(
            rows,
            by=column,
            is_descending=is_descending,
            before=position["before"],
            after=position["after"],
        ),
        total=total,
        found=matching.count() if search else total,
        search=search,
        sort=sort,
        view=form.wanted("view") or DEFAULTS["view"],
        position=position,
    )
