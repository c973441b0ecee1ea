"""When and from where keys are used, how often, and when they are refused and why.

The exchange itself writes the first use of a secret. What follows is written at most once a minute: a process counts,
and writes with the first use after a minute, on a timer if there is none, and when it ends (`write_regularly`). Only a
process that is killed loses what it counted, which is a minute at most.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from multiprocessing.util import Finalize
from typing import Any, Final

from django.db import Error, connections, transaction
from django.db.models import Aggregate, QuerySet, TextField
from django.utils import timezone

from apikeys import alerts, use_writes
from apikeys.credential_state import SecretState
from apikeys.models import ApiKey, ApiKeyUse, Caller, Reason, Refusal
from apikeys.models.use import KEPT_CALLERS, KEPT_REFUSALS
from cloudui.web import databases, ratelimit
from cloudui.web.prepared import each, prepared
from cloudui.web.principal import Origin
from workspaces import audit

PAUSE: Final = timedelta(minutes=1)
KEPT_DAYS: Final = timedelta(days=366)
# What a list shows of them.
RECENT_DAYS: Final = 30


class CountsByDay(Aggregate):
    """Days and counts as one JSON text."""

    function = "json_object_agg"
    template = "%(function)s(%(expressions)s)::text"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The same with the function of SQLite."""
        return self.as_sql(
            compiler,
            connection,
            function="json_group_object",
            template="%(function)s(%(expressions)s)",
            **context,
        )


def record_use(state: SecretState, origin: Origin) -> None:
    """Count one exchange or one call with a token, and write it down if a minute has passed since the last."""
    for use in _counter.add(state, origin):
        _write(use)


def record_refusal(state: SecretState, reason: Reason, origin: Origin) -> None:
    """Remember that a genuine secret or token was refused: at most once a minute for the same cause and caller."""
    if not ratelimit.is_first("refusal", f"{state.key_id} {reason} {ratelimit.caller(origin.address)}"):
        return
    try:
        with transaction.atomic():
            # This locks the key before what is below it, as `note_use` does.
            if ApiKey.objects.filter(pk=state.key_id).update(last_refused_at=timezone.now()):
                _add_refusal(state, reason, origin)
    except Error as error:
        databases.log(error, "A refusal could not be written down.")
        return
    try:
        alerts.tell_of_refusals(state, reason, origin)
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer to the caller does not depend on it
        databases.log(error, "Refusals could not be told.")


def daily_uses(key: ApiKey, days: int = 30) -> list[tuple[date, int]]:
    """About how often the key was used on each of the last `days` days (UTC), oldest first, today last."""
    today = timezone.now().date()
    first = today - timedelta(days=days - 1)
    counts = dict(ApiKeyUse.objects.filter(key=key, day__gte=first).values_list("day", "count"))
    return [(day, counts.get(day, 0)) for day in (first + timedelta(days=number) for number in range(days))]


def counts_by_day(keys: Iterable[ApiKey], days: int = RECENT_DAYS) -> dict[str, str]:
    """About how often each key was used on each of the last `days` days, by key ID; keys without use are left out.

    Returns:
        JSON texts, `{"2026-12-01": 24}`. A page shows 25 times 30 days, and as texts they are remembered as they are.
    """
    first = timezone.now().date() - timedelta(days=days - 1)
    ids = each(key.pk for key in keys)
    return dict(_counts_by_day(number=len(ids), first=first, **ids)) if ids else {}


@prepared("number")
def _counts_by_day(*, number: int, first: date, **ids: str) -> QuerySet[ApiKeyUse, tuple[str, str]]:
    rows = ApiKeyUse.objects.filter(key__key_id__in=list(ids.values()), day__gte=first)
    return rows.values_list("key").annotate(counts=CountsByDay("day", "count"))


def recent_refusals(key: ApiKey) -> list[Refusal]:
    """The last 50 refusals of the key, newest first."""
    return list(Refusal.objects.filter(key=key).order_by("-pk")[:KEPT_REFUSALS])


def recent_callers(key: ApiKey) -> list[Caller]:
    """From which addresses and by which clients the key was used, the latest first; within a minute, the last of them."""
    callers = list(Caller.objects.filter(key=key).order_by("-last_seen_at"))
    if key.last_used_at is None:
        return callers
    last = Caller(address=key.last_used_from, client=key.last_used_client, last_seen_at=key.last_used_at)
    # A first use is written by the exchange, which has no time for this table.
    is_known = any((caller.address, caller.client) == (last.address, last.client) for caller in callers)
    return callers if is_known else [last, *callers]


def last_use(at: datetime, origin: Origin) -> dict[str, Any]:
    """The columns of `LastUse` after a use."""
    return {"last_used_at": at, "last_used_from": origin.address, "last_used_client": origin.user_agent}


def hold(key_id: str) -> bool:
    """Lock the key's row for this transaction; False if the key is gone.

    Whatever changes a key locks that row before any row below it; the other order would deadlock on PostgreSQL.
    """
    return ApiKey.objects.select_for_update().filter(pk=key_id).exists()


def note_use(key_id: str, at: datetime, origin: Origin) -> bool:
    """Write when and from where the key was used, which holds it as `hold` does; False if the key is gone."""
    return use_writes.write_key_use(key_id, at, origin)


def count_use(key_id: str, day: date, count: int) -> None:
    """Add to the count of a day, inside a transaction that holds the key: nobody else makes the day's row then."""
    use_writes.add_uses(key_id, day, count)


def delete_old() -> int:
    """Delete counts of days that nothing shows any more (a year back); returns how many."""
    deleted, _ = ApiKeyUse.objects.filter(day__lt=timezone.now().date() - KEPT_DAYS).delete()
    return deleted


def write_pending() -> None:
    """Write what this process has counted and not yet written."""
    for use in _counter.take():
        _write(use)


def write_regularly(seconds: float = PAUSE.total_seconds()) -> threading.Event:
    """Have this process write what it counts from now on and when it ends; for a server's process, once.

    A finalizer of multiprocessing runs in every process that ends by itself or by a signal that the server handles,
    also in a worker that was forked, where atexit does not.

    Returns:
        What stops the writing when it is set.
    """
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(seconds):
            try:
                write_pending()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next minute is another attempt
                databases.log(error, "The uses of keys could not be written down.")
            # A connection that is used once a minute is better made than kept.
            connections.close_all()

    threading.Thread(target=run, name="uses", daemon=True).start()
    Finalize(None, write_pending, exitpriority=0)
    return stop


def clear_counts() -> None:
    """Drop what this process has counted and not yet written."""
    _counter.clear()


@dataclass(frozen=True, slots=True)
class _Use:
    """What was counted of one secret since it was written last."""

    row: int
    key_id: str
    count: int
    at: datetime
    origin: Origin


class _Counter:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[int, _Use] = {}
        self._written: dict[int, float] = {}
        self._cleaned_at = 0.0

    def add(self, state: SecretState, origin: Origin) -> list[_Use]:
        """Count one use; return what is to be written now."""
        row, now, clock = state.row, timezone.now(), time.monotonic()
        with self._lock:
            if row not in self._written and state.last_used_at and now - state.last_used_at < PAUSE:
                # Another process has just written it.
                self._written[row] = clock
            before = self._pending.pop(row, None)
            use = _Use(row, state.key_id, 1 + (before.count if before else 0), now, origin)
            if row in self._written and clock - self._written[row] < PAUSE.total_seconds():
                self._pending[row] = use
                return []
            self._written[row] = clock
            return [use, *self._overdue(clock)]

    def take(self) -> list[_Use]:
        """What was counted and is written now."""
        with self._lock:
            uses, self._pending = list(self._pending.values()), {}
            clock = time.monotonic()
            self._written.update((use.row, clock) for use in uses)
            return uses

    def put_back(self, use: _Use) -> None:
        """Count again what could not be written; it is tried once more a minute later."""
        with self._lock:
            later = self._pending.get(use.row, use)
            count = use.count + (later.count if later is not use else 0)
            self._pending[use.row] = replace(later, count=count)
            self._written[use.row] = time.monotonic()

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()
            self._written.clear()
            self._cleaned_at = 0.0

    def _overdue(self, clock: float) -> list[_Use]:
        """Once a minute, what others have left behind."""
        pause = PAUSE.total_seconds()
        if clock - self._cleaned_at < pause:
            return []
        self._cleaned_at = clock
        rows = [row for row, written in self._written.items() if clock - written >= pause]
        for row in rows:
            del self._written[row]
        return [self._pending.pop(row) for row in rows if row in self._pending]


_counter: Final = _Counter()


def _write(use: _Use) -> None:
    try:
        with transaction.atomic():
            if note_use(use.key_id, use.at, use.origin):
                use_writes.write_secret_use(use.row, use.at, use.origin)
                count_use(use.key_id, use.at.date(), use.count)
                _note_caller(use.key_id, use.at, use.origin)
    except Error as error:
        # A count is not worth failing the call that it counts, nor the timer.
        databases.log(error, "The use of a key could not be written down.")
        _counter.put_back(use)


def _note_caller(key_id: str, at: datetime, origin: Origin) -> None:
    callers = Caller.objects.filter(key_id=key_id)
    caller = {"address": origin.address, "client": origin.user_agent}
    if callers.filter(**caller).update(last_seen_at=at):
        return
    Caller.objects.create(key_id=key_id, **caller, first_seen_at=at, last_seen_at=at)
    kept = callers.order_by("-last_seen_at").values_list("pk", flat=True)[:KEPT_CALLERS]
    callers.exclude(pk__in=list(kept)).delete()


def _add_refusal(state: SecretState, reason: Reason, origin: Origin) -> None:
    Refusal.objects.create(
        key_id=state.key_id,
        secret_number=state.number,
        reason=reason,
        address=origin.address,
        client=origin.user_agent,
    )
    rows = Refusal.objects.filter(key_id=state.key_id).order_by("-pk")
    oldest_kept = rows.values_list("pk", flat=True)[KEPT_REFUSALS - 1 : KEPT_REFUSALS].first()
    if oldest_kept is not None:
        rows.filter(pk__lt=oldest_kept).delete()
    if ratelimit.is_first("refusal-event", f"{state.key_id} {reason}"):
        audit.record(
            state.principal(origin),
            "tokenRefused",
            workspace=state.workspace,
            deployment=state.deployment,
            target=state.key_id,
            input={"reason": reason.value, "secret": state.number},
            result=reason.value,
        )
