"""What the list shows: one page of a Workspace's Deployments, in three queries however many there are."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models.functions import Lower

from cloudui.web.listing import ListForm, Listing, Sort, page_of
from deployments.list_rows import Row, row_of
from deployments.models import Deployment
from workspaces.models import Workspace


class DeploymentListForm(ListForm):
    """Sorts the Deployments of a Workspace, and shows them as cards or as a table."""

    SORTS = {
        "name": Sort("sort_name", is_descending=False, label="Name, A to Z"),
        "-name": Sort("sort_name", is_descending=True, label="Name, Z to A"),
        "-updated": Sort("updated_at", is_descending=True, label="Updated, newest first"),
        "updated": Sort("updated_at", is_descending=False, label="Updated, oldest first"),
        "-created": Sort("created_at", is_descending=True, label="Created, newest first"),
        "created": Sort("created_at", is_descending=False, label="Created, oldest first"),
    }
    # The first is the default.
    VIEWS = ("cards", "table")

    view = forms.ChoiceField(required=False, choices=[(name, name) for name in VIEWS])


# Without slots, with which a dataclass has no super().
@dataclass(frozen=True)
class DeploymentListing(Listing[Deployment]):
    """A page of Deployments; of `total` in the Workspace, `found` match the search."""

    total: int
    found: int

    @property
    def rows(self) -> list[Row]:
        return [row_of(deployment) for deployment in self.page.rows]

    @property
    def view(self) -> str:
        return self.form.value("view") or DeploymentListForm.VIEWS[0]

    @property
    def as_cards(self) -> str:
        return self.query(view="", **self.position)

    @property
    def as_table(self) -> str:
        return self.query(view="table", **self.position)

    def _params(self) -> dict[str, str]:
        view = "" if self.view == DeploymentListForm.VIEWS[0] else self.view
        params = super()._params()
        return {"q": params.pop("q"), "view": view, **params}


def list_deployments(workspace: Workspace, params: Any) -> DeploymentListing:
    """One page of a Workspace's Deployments, by name unless the URL says otherwise; rights are decided already."""
    form = DeploymentListForm(params)
    search = form.value("q")
    everything = Deployment.objects.of(workspace)
    matching = everything.matching(search)
    rows = matching.select_related("cluster", "runtime", "current_deploy", "airflow")
    rows = rows.defer("airflow__sealed_accounts").annotate(sort_name=Lower("name"))
    # A Workspace has dozens of Deployments, so counting them costs nothing (unlike their keys).
    total = everything.count()
    # Names are unique in a Workspace, and the index that sees to it has nothing else in it.
    is_by_name = form.chosen_sort.removeprefix("-") == "name"
    return DeploymentListing(
        page_of(form, rows, is_unique=is_by_name),
        form,
        total=total,
        found=matching.count() if search else total,
    )
