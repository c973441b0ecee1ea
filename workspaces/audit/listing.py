"""The audit log as its page and programs read it: filtered, newest first, at a constant cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from cloudui.web.listing import ListForm, Listing, Sort, page_of
from cloudui.web.paging import Page, paginate
from cloudui.web.principal import Principal
from workspaces.access import require_audit_reader
from workspaces.models import AuditEvent, User, Workspace

# A transaction that writes an event is open for less.
SETTLED: Final = timedelta(seconds=30)
# The values of a filter, by the column that has them whole; each has an index.
EXACT: Mapping[str, str] = {
    "operation": "operation",
    "workspace": "workspace",
    "deployment": "deployment",
    "address": "source_ip",
}


class FilterForm(ListForm):
    """The filters of the audit log; times are in UTC. One that is nonsense says so beside its field."""

    SORTS: ClassVar[Mapping[str, Sort]] = {"-at": Sort("at", is_descending=True)}

    since = forms.DateTimeField(
        required=False, label="From (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    until = forms.DateTimeField(
        required=False, label="To (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    who = forms.CharField(
        required=False, max_length=254, label="Who", help_text="An email address or an ID, whole."
    )
    operation = forms.CharField(
        required=False, max_length=64, label="Operation", help_text="Such as createDeploymentApiKey."
    )
    workspace = forms.CharField(required=False, max_length=25, label="Workspace ID")
    deployment = forms.CharField(required=False, max_length=25, label="Deployment ID")
    key = forms.CharField(required=False, max_length=64, label="API Key ID")
    address = forms.GenericIPAddressField(required=False, label="IP address")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if (since := data.get("since")) and (until := data.get("until")) and since >= until:
            self.add_error("until", "Choose a time after the first one.")
        return data

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, as the URL has them."""
        names = ("since", "until", "who", "key", *EXACT)
        return {name: text for name in names if (text := self.data.get(name, "").strip())}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, with the name of its Workspace as far as that still exists."""

    event: AuditEvent
    workspace_name: str

    @property
    def input(self) -> str:
        """What was changed, as JSON for a person; empty if the event holds nothing."""
        return json.dumps(self.event.input, indent=2, ensure_ascii=False) if self.event.input else ""


class AuditListing(Listing[AuditEvent]):
    """A page of the log; a link keeps the filters."""

    __slots__ = ()

    def _params(self) -> dict[str, str]:
        form = self.form
        assert isinstance(form, FilterForm)  # noqa: S101 - for the type checker
        return {**super()._params(), **form.filters}

    @property
    def entries(self) -> list[Entry]:
        """The events of this page, in two queries."""
        names = Workspace.objects.in_bulk({event.workspace for event in self.page.rows} - {""})
        return [
            Entry(event, names[event.workspace].name if event.workspace in names else "")
            for event in self.page.rows
        ]


def list_events(principal: Principal, params: QueryDict) -> AuditListing:
    """The page that a URL asks for; none of the events while a filter is nonsense.

    Raises:
        PermissionDenied: for everybody but Organization Owners.
    """
    require_audit_reader(principal)
    form = FilterForm(params)
    events = _matching(form.cleaned_data) if form.is_valid() else AuditEvent.objects.none()
    return AuditListing(page=page_of(form, events), form=form)


def events_after(principal: Principal, cursor: str, *, size: int) -> Page[AuditEvent]:
    """The events that follow the one at the cursor, the oldest first; from the oldest on without one.

    Those of the last seconds are left out: a transaction that is still open could put one before them.

    Raises:
        PermissionDenied: for everybody but Organization Owners.
    """
    require_audit_reader(principal)
    whole = AuditEvent.objects.filter(at__lt=timezone.now() - SETTLED)
    return paginate(whole, by="at", after=cursor, size=size)


def _matching(filters: dict[str, Any]) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.all()
    for name, column in EXACT.items():
        if filters[name]:
            events = events.filter(**{column: filters[name]})
    if filters["since"]:
        events = events.filter(at__gte=filters["since"])
    if filters["until"]:
        events = events.filter(at__lt=filters["until"])
    if filters["key"]:
        events = events.of_key(filters["key"])
    if filters["who"]:
        events = events.filter(subject_id=_subject(filters["who"]))
    return events


def _subject(who: str) -> str:
    """The identifier of the person with this email address, or `who` as it is, which may be one."""
    return User.objects.filter(email=who.lower()).values_list("pk", flat=True).first() or who
