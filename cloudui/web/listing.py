"""Lists that can be searched, sorted and paged: what a URL may ask of one, and the URLs around a page.

An app declares its sorts in a subclass of `ListForm`, and hands its rows to `page_of`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from django import forms
from django.db.models import Model, QuerySet

from cloudui.web.paging import Page, paginate

Row = TypeVar("Row", bound=Model)


class Sort(NamedTuple):
    """An order of a list: the column or annotation, whether the greatest comes first, and the words of a menu."""

    column: str
    is_descending: bool
    label: str = ""


class ListForm(forms.Form):
    """What a URL may ask of a list. Nonsense shows the first page, never an error."""

    # By the name in the URL; the first is the default. A "-" at the front reverses a sort.
    SORTS: ClassVar[Mapping[str, Sort]] = {}

    q = forms.CharField(required=False, max_length=100)
    sort = forms.CharField(required=False, max_length=30)
    after = forms.CharField(required=False, max_length=1000)
    before = forms.CharField(required=False, max_length=1000)

    def value(self, name: str) -> str:
        """The value of a field, or an empty string if it is missing or nonsense."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")

    @property
    def default_sort(self) -> str:
        """The sort that a URL does not need to name."""
        return next(iter(self.SORTS))

    @property
    def chosen_sort(self) -> str:
        """The sort that the URL names, or the default."""
        sort = self.value("sort")
        return sort if sort in self.SORTS else self.default_sort


class Choice(NamedTuple):
    """One way to look at a list: a link's words and query, and whether it is the way shown."""

    label: str
    query: str
    is_current: bool


class Column(NamedTuple):
    """The head of a column that sorts. `query` sorts by it, the other way round if the list is sorted by it.

    `direction` is the value of `aria-sort`, empty when the list is sorted by something else.
    """

    query: str
    direction: str


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A page of rows and the queries of the URLs around it, to be appended to the list's path."""

    page: Page[Row]
    form: ListForm

    @property
    def search(self) -> str:
        """What was searched for."""
        return self.form.value("q")

    @property
    def sort(self) -> str:
        """The sort shown."""
        return self.form.chosen_sort

    @property
    def here(self) -> str:
        """The query of this list from its first page."""
        return self.query()

    @property
    def this_page(self) -> str:
        """The query of this very page."""
        return self.query(**self.position)

    @property
    def position(self) -> dict[str, str]:
        """The cursor of this page, as query parameters."""
        return {name: self.form.value(name) for name in ("before", "after")}

    @property
    def before(self) -> str:
        """The query of the previous page, empty on the first."""
        return self.query(before=self.page.before) if self.page.before else ""

    @property
    def after(self) -> str:
        """The query of the next page, empty on the last."""
        return self.query(after=self.page.after) if self.page.after else ""

    @property
    def everything(self) -> str:
        """The query without the search."""
        return self.query(q="")

    @property
    def kept(self) -> dict[str, str]:
        """What a new search keeps, where it differs from the defaults."""
        return {name: value for name, value in self._params().items() if value and name != "q"}

    @property
    def sorts(self) -> tuple[Choice, ...]:
        """All ways to sort that have words."""
        return tuple(
            Choice(sort.label, self.query(sort=name), is_current=name == self.sort)
            for name, sort in self.form.SORTS.items()
            if sort.label
        )

    @property
    def sort_label(self) -> str:
        """The current sort in words."""
        return self.form.SORTS[self.sort].label

    @property
    def columns(self) -> dict[str, Column]:
        """The heads of the columns that sort, by the name of their sort without a sign."""
        # The first sort of its column is the one that a click chooses first.
        firsts: dict[str, str] = {}
        for name in self.form.SORTS:
            firsts.setdefault(name.removeprefix("-"), name)
        return {name: self._column(name, first=first) for name, first in firsts.items()}

    def query(self, **changes: str) -> str:
        """The query of this list with some of it changed; empty if nothing differs from the defaults."""
        params = {**self._params(), **changes}
        if params.get("sort") == self.form.default_sort:
            params["sort"] = ""
        query = urlencode({name: value for name, value in params.items() if value})
        return f"?{query}" if query else ""

    # Private

    def _params(self) -> dict[str, str]:
        sort = "" if self.sort == self.form.default_sort else self.sort
        return {"q": self.search, "sort": sort}

    def _column(self, name: str, *, first: str) -> Column:
        if self.sort.removeprefix("-") != name:
            return Column(self.query(sort=first), direction="")
        is_descending = self.sort.startswith("-")
        return Column(
            self.query(sort=name if is_descending else f"-{name}"),
            direction="descending" if is_descending else "ascending",
        )


def page_of(form: ListForm, rows: QuerySet[Row], **options: Any) -> Page[Row]:
    """The page that a form asks for of the `rows` that match and the person may see.

    They have the annotations that the sorts name. `options` are those of `paginate`.
    """
    sort = form.SORTS[form.chosen_sort]
    return paginate(
        rows,
        by=sort.column,
        is_descending=sort.is_descending,
        before=form.value("before"),
        after=form.value("after"),
        **options,
    )
