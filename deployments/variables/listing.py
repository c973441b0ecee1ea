"""A page of a Deployment's environment variables, by key: reading a value takes as long as decrypting it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cloudui.web.listing import ListForm, Listing, Sort, page_of
from deployments.models import Deployment, EnvironmentVariable


class VariableListForm(ListForm):
    """Searches the keys, and never the values."""

    SORTS: ClassVar[Mapping[str, Sort]] = {"key": Sort("key", is_descending=False)}


# Without slots, with which a dataclass has no super().
@dataclass(frozen=True)
class VariableListing(Listing[EnvironmentVariable]):
    """A page of variables, of which `found` match the search."""

    found: int


def page_of_variables(deployment: Deployment, params: Any) -> VariableListing:
    """One page of the variables whose keys hold what is searched for; `params` is the query of the URL."""
    form = VariableListForm(params)
    rows = EnvironmentVariable.objects.filter(deployment=deployment)
    if search := form.value("q"):
        rows = rows.filter(key__icontains=search)
    found = rows.count() if search else deployment.variable_count
    return VariableListing(page_of(form, rows, is_unique=True), form, found=found)
