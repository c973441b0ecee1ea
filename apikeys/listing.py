"""What the API Keys tab shows: one page of keys, found and sorted as asked, at a constant cost."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Lower

from apikeys import usage
from apikeys.forms import ListForm
from apikeys.models import ApiKey
from apikeys.models.key import live_secrets
from cloudui.web.paging import Page, paginate
from deployments.models import Deployment

DEFAULT_SORT = "-created"


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of keys and the addresses around it, as queries that follow the list's path."""

    page: Page[ApiKey]
    search: str
    sort: str

    @property
    def here(self) -> str:
        """The query of this very list from its first page."""
        return self._query()

    @property
    def before_url(self) -> str:
        """The query of the previous page, empty on the first."""
        return self._query(before=self.page.before) if self.page.before else ""

    @property
    def after_url(self) -> str:
        """The query of the next page, empty on the last."""
        return self._query(after=self.page.after) if self.page.after else ""

    @property
    def by_name(self) -> str:
        """The query that sorts by name, the other way round if it is sorted so."""
        return self._query(sort="-name" if self.sort == "name" else "name")

    @property
    def by_created(self) -> str:
        """The query that sorts by age, the other way round if it is sorted so."""
        return self._query(sort="created" if self.sort == "-created" else "-created")

    def _query(self, **changes: str) -> str:
        given = {"q": self.search, "sort": "" if self.sort == DEFAULT_SORT else self.sort, **changes}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"?{query}" if query else ""


def list_keys(deployment: Deployment, asked: Any) -> Listing:
    """One page of a Deployment's keys, each with `live_secrets` and `recent_uses`.

    Args:
        deployment: whose keys.
        asked: the query of the address (`q`, `sort`, `before`, `after`).

    Returns:
        The page, in three queries at the most however many keys there are.
    """
    form = ListForm(asked)
    sort = form.wanted("sort") or DEFAULT_SORT
    column, is_descending = ListForm.SORTS[sort]
    keys = ApiKey.objects.of(deployment).matching(form.wanted("q")).prefetch_related(live_secrets())
    page = paginate(
        keys.annotate(sort_name=Lower("name")) if column == "sort_name" else keys,
        by=column,
        is_descending=is_descending,
        before=form.wanted("before"),
        after=form.wanted("after"),
    )
    uses = usage.total_uses(page.rows)
    for key in page.rows:
        key.recent_uses = uses.get(key.pk, 0)
    return Listing(page=page, search=form.wanted("q"), sort=sort)
