"""Django's sessions in the database, found by a prepared query: every page asks for one first."""

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from cloudui.web.prepared import prepared


class SessionStore(db.SessionStore):
    """What SESSION_ENGINE names."""

    # Private: the place where Django reads the row.
    def _get_session_from_db(self) -> Session | None:
        found = _live(session_key=self.session_key, now=timezone.now())
        if not found:
            # As Django does, so that nobody chooses the key of a new session.
            self._session_key = None
            return None
        return found[0]


@prepared()
def _live(*, session_key: str | None, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=session_key, expire_date__gt=now)
