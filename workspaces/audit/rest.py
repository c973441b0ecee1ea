"""The audit log for programs that collect it."""

from ninja import Router

from cloudui.web.api import ApiRequest
from cloudui.web.rest.paging import LIMIT, Cursor, Limit, require_cursor
from workspaces.audit.listing import events_after
from workspaces.audit.schemas import EventPage, EventShown

router = Router(tags=["Audit log"])


@router.get("/audit-events", response=EventPage, summary="Read the audit log")
def list_events(request: ApiRequest, limit: Limit = LIMIT, cursor: Cursor = "") -> EventPage:
    """The oldest first, for Organization Owners. Keep `next_cursor`, and send it to get what came since.

    The events of the last 30 seconds are left out, so that none is missed.
    """
    require_cursor(cursor)
    page = events_after(request.principal, cursor, size=limit)
    return EventPage(items=[EventShown.of(row) for row in page.rows], next_cursor=page.end or cursor or None)
