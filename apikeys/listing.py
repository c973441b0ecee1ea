"""What the API Keys tab shows: one page of keys, found and sorted, in three queries however many there are.

A list that shows only some of the keys takes a fourth, which counts them up to a thousand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from django import forms
from django.db.models import Func
from django.db.models.functions import Lower

from apikeys import usage
from apikeys.models import ApiKey
from apikeys.models.key import UNUSED_DAYS, ApiKeyQuerySet, live_secrets_of
from cloudui.web.listing import Choice, ListForm, Listing, Sort, page_of
from cloudui.web.orders import ByteOrder, OrLongAgo
from cloudui.web.paging import PAGE_SIZE, Page, first_page, order_of
from cloudui.web.prepared import prepared
from deployments.models import Deployment

# Beyond this nobody needs to know how many keys match exactly, and counting them would cost more than showing them.
COUNTED: Final = 1000
# The order in which no two keys are equal.
UNIQUE: Final = "order_by_id"


class Filter(NamedTuple):
    """Keys of one kind: the words of its chip, and how they are selected."""

    label: str
    select: Callable[[ApiKeyQuerySet], ApiKeyQuerySet]


class KeyListForm(ListForm):
    """What the list may be asked for."""

    SORTS: ClassVar[Mapping[str, Sort]] = {
        "-created": Sort("created_at", is_descending=True, label="Created, newest first"),
        "created": Sort("created_at", is_descending=False, label="Created, oldest first"),
        "name": Sort("order_by_name", is_descending=False, label="Name, A to Z"),
        "-name": Sort("order_by_name", is_descending=True, label="Name, Z to A"),
        "-used": Sort("order_by_use", is_descending=True, label="Last used, latest first"),
        "used": Sort("order_by_use", is_descending=False, label="Last used, longest ago first"),
        "id": Sort("order_by_id", is_descending=False, label="Key ID, 0 to z"),
        "-id": Sort("order_by_id", is_descending=True, label="Key ID, z to 0"),
    }
    # The orders that are no column, each of an index.
    ORDERS: ClassVar[Mapping[str, Func]] = {
        "order_by_name": ByteOrder(Lower("name")),
        "order_by_use": OrLongAgo("last_used_at"),
        "order_by_id": ByteOrder("key_id"),
    }
    FILTERS: ClassVar[Mapping[str, Filter]] = {
        "never-used": Filter("Never used", ApiKeyQuerySet.never_used),
        "unused": Filter(f"Unused for {UNUSED_DAYS} days", ApiKeyQuerySet.unused),
        "not-confirmed": Filter("Not confirmed", ApiKeyQuerySet.not_confirmed),
        "refused": Filter("Refused lately", ApiKeyQuerySet.refused_lately),
    }

    show = forms.ChoiceField(required=False, choices=[(name, name) for name in FILTERS])
    # The number of the page's first row, as the link to the page had it.
    first = forms.IntegerField(required=False, min_value=1, max_value=10**9)


# Without slots, with which a dataclass has no super().
@dataclass(frozen=True)
class KeyListing(Listing[ApiKey]):
    """A page of keys; `found` are all that match the search and the filter, counted up to one more than COUNTED."""

    found: int
    is_filtered: bool

    @property
    def total(self) -> str:
        """How many match, in figures."""
        return f"{COUNTED:,}+" if self._is_cut else f"{self.found:,}"

    @property
    def range(self) -> str:
        """Which of them this page shows: "26-50 of 60", or only how many of how many where a link did not say."""
        size = len(self.page.rows)
        if not self._first:
            return f"{size} of {self.total}"
        return f"{self._first:,}\N{EN DASH}{self._first + size - 1:,} of {self.total}"

    @property
    def filters(self) -> tuple[tuple[str, Choice], ...]:
        """The chips with their names. That of the filter that is on leads back to all keys."""
        current = self.form.value("show")
        return tuple(
            (
                name,
                Choice(
                    kind.label, self.query(show="" if name == current else name), is_current=name == current
                ),
            )
            for name, kind in KeyListForm.FILTERS.items()
        )

    @property
    def before(self) -> str:
        first = max(1, self._first - PAGE_SIZE) if self._first else 0
        return self.query(before=self.page.before, first=_figure(first)) if self.page.before else ""

    @property
    def after(self) -> str:
        first = self._first + len(self.page.rows) if self._first else 0
        return self.query(after=self.page.after, first=_figure(first)) if self.page.after else ""

    @property
    def position(self) -> dict[str, str]:
        return {**super().position, "first": self.form.value("first")}

    # Private

    @property
    def _is_cut(self) -> bool:
        """Whether more match than were counted."""
        return self.is_filtered and self.found > COUNTED

    @property
    def _first(self) -> int:
        """The number of the first row; 0 where it is not known. The ends of the list know better than a link."""
        if not self.page.before:
            return 1
        if not self.page.after and not self._is_cut:
            return max(1, self.found - len(self.page.rows) + 1)
        return int(self.form.value("first") or 0)

    def _params(self) -> dict[str, str]:
        return {**super()._params(), "show": self.form.value("show")}


def list_keys(deployment: Deployment, params: Any) -> KeyListing:
    """One page of a Deployment's keys, each with `live_secrets` and `recent_uses`; `params` is the query of the URL."""
    form = KeyListForm(params)
    is_chosen = any(form.value(name) for name in ("q", "show", "before", "after"))
    listing = _chosen(form, deployment) if is_chosen else _first_of_all(form, deployment)
    keys = listing.page.rows
    counts, secrets = usage.counts_by_day(keys), live_secrets_of(keys)
    for key in keys:
        key.recent_uses = counts.get(key.pk, "")
        key.live_secrets = secrets[key.pk]
    return listing


def _first_of_all(form: KeyListForm, deployment: Deployment) -> KeyListing:
    """The first page of all keys, which is what most people open, by a query that is built once."""
    keys = _first(sort=form.chosen_sort, deployment=deployment.pk)
    page = first_page(keys, by=form.SORTS[form.chosen_sort].column)
    return KeyListing(page, form, found=deployment.api_key_count, is_filtered=False)


@prepared("sort")
def _first(*, sort: str, deployment: str) -> ApiKeyQuerySet:
    by, is_descending, _ = KeyListForm.SORTS[sort]
    keys = _with_order(ApiKey.objects.filter(deployment_id=deployment), by)
    order = order_of(by, is_descending=is_descending, is_unique=by == UNIQUE)
    return keys.order_by(*order)[: PAGE_SIZE + 1]


def _chosen(form: KeyListForm, deployment: Deployment) -> KeyListing:
    """A page of what the form searches and filters, or a further page of all keys."""
    search, show = form.value("q"), form.value("show")
    keys = ApiKey.objects.of(deployment).matching(search)
    if show:
        keys = KeyListForm.FILTERS[show].select(keys)
    page = _page(form, keys)
    if not page.rows and any(form.value(name) for name in ("before", "after")):
        # The last keys of this page were deleted, perhaps just now.
        form = KeyListForm({name: form.value(name) for name in ("q", "sort", "show")})
        page = _page(form, keys)
    is_filtered = bool(search or show)
    found = keys.order_by()[: COUNTED + 1].count() if is_filtered else deployment.api_key_count
    return KeyListing(page, form, found=found, is_filtered=is_filtered)


def _page(form: KeyListForm, keys: ApiKeyQuerySet) -> Page[ApiKey]:
    by = form.SORTS[form.chosen_sort].column
    return page_of(form, _with_order(keys, by), is_unique=by == UNIQUE)


def _with_order(keys: ApiKeyQuerySet, by: str) -> ApiKeyQuerySet:
    orders = KeyListForm.ORDERS
    return keys.annotate(**{by: orders[by]}) if by in orders else keys


def _figure(number: int) -> str:
    return str(number) if number else ""
