"""What the API Keys tab shows: one page of keys, found and sorted, in three queries however many there are."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models.functions import Lower

from apikeys import usage
from apikeys.models import ApiKey
from apikeys.models.key import live_secrets
from cloudui.web.listing import ListForm, Listing, Sort, page_of
from deployments.models import Deployment


class KeyListForm(ListForm):
    """What the list may be asked for."""

    SORTS: ClassVar[Mapping[str, Sort]] = {
        "-created": Sort("created_at", is_descending=True),
        "created": Sort("created_at", is_descending=False),
        "name": Sort("sort_name", is_descending=False),
        "-name": Sort("sort_name", is_descending=True),
    }


def list_keys(deployment: Deployment, params: Any) -> Listing[ApiKey]:
    """One page of a Deployment's keys, each with `live_secrets` and `recent_uses`; `params` is the query of the URL."""
    form = KeyListForm(params)
    keys = ApiKey.objects.of(deployment).matching(form.value("q")).prefetch_related(live_secrets())
    page = page_of(form, keys.annotate(sort_name=Lower("name")))
    uses = usage.total_uses(page.rows)
    for key in page.rows:
        key.recent_uses = uses.get(key.pk, 0)
    return Listing(page=page, form=form)
