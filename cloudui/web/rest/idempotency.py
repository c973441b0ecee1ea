"""Idempotency-Key: a creating call that is sent again creates nothing again (draft-ietf-httpapi-idempotency-key-header).

A key belongs to one caller and one URL and is remembered for 24 hours. The memory is written in the transaction
of what was made, so there is never one without the other. Only what succeeded is remembered: a refused call made
nothing, and may be corrected and sent again with the same key.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated, Final

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from ninja import Header
from pydantic import BaseModel

from cloudui.web.advice import Advice
from cloudui.web.api import ApiError, ApiRequest, answer
from cloudui.web.models import IdempotentCall
from cloudui.web.rest.errors import invalid

KEPT_FOR: Final = timedelta(hours=24)
REPLAYED: Final = "Idempotency-Replayed"
USED: Final = "This key was used for another request. Send another key, or the same request."
FULL: Final = Advice(
    "All calls with an Idempotency-Key that one caller may have remembered for 24 hours are used up.",
    "Wait, or send this call without an Idempotency-Key.",
)

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern="^[ -~]{1,255}$",
        description=(
            "Names this call, so that it can be sent again safely: for 24 hours the same key with the same "
            f"request gets the same answer, with `{REPLAYED}: true`."
        ),
    ),
]


def created_once(request: ApiRequest, key: str, make: Callable[[], BaseModel]) -> HttpResponse:
    """Make something, unless this very call made it already; the answer is 201 and the same each time.

    Of two calls at once with the same key the second waits for the first and repeats its answer.

    Args:
        request: the request; that its caller may make it is decided already.
        key: its Idempotency-Key; empty makes in any case.
        make: makes it and returns what the answer shows.

    Raises:
        ApiError: 422 for a key that the caller used here for something else; 429 for one too many.
    """
    if not key:
        return answer(make().model_dump(mode="json"), status=201)
    fingerprint = fingerprint_of(request, body_hash(request.body))
    with transaction.atomic():
        call, is_new = claim(request, key, fingerprint=fingerprint)
        if not is_new:
            return _replay(call, fingerprint=fingerprint)
        content = make().model_dump(mode="json")
        _remember(call, content)
    return answer(content, status=201)


def claim(request: ApiRequest, key: str, *, fingerprint: str) -> tuple[IdempotentCall, bool]:
    """The memory of this call, and whether it was only made now.

    Raises:
        ApiError: 429 if the caller has as many calls remembered as there may be (`IDEMPOTENCY_KEYS_PER_DAY`).
    """
    identifier, caller = _identifier(request, key), f"{request.principal.kind} {request.principal.id}"
    IdempotentCall.objects.filter(pk=identifier, created_at__lt=_oldest()).delete()
    with transaction.atomic():
        call, is_new = IdempotentCall.objects.get_or_create(
            pk=identifier, defaults={"fingerprint": fingerprint, "caller": caller}
        )
        if is_new:
            _require_room(caller)
    return call, is_new


def _require_room(caller: str) -> None:
    """None is forgotten before its 24 hours are over, so a caller with too many has to wait for the oldest."""
    remembered = IdempotentCall.objects.filter(caller=caller, created_at__gte=_oldest())
    if remembered.count() <= settings.IDEMPOTENCY_KEYS_PER_DAY:
        return
    oldest = remembered.earliest("created_at")
    seconds = ceil((oldest.created_at - _oldest()).total_seconds())
    raise ApiError(429, "temporarily_unavailable", str(FULL), {"Retry-After": str(max(seconds, 1))})


def _remember(call: IdempotentCall, content: object) -> None:
    # As text, because PostgreSQL would put the names into another order.
    call.status, call.answer = 201, json.dumps(content)
    call.save(update_fields=["status", "answer"])


def _replay(call: IdempotentCall, *, fingerprint: str) -> HttpResponse:
    require_same(call, fingerprint)
    return answer(json.loads(str(call.answer)), status=call.status or 201, headers={REPLAYED: "true"})


def require_same(call: IdempotentCall, fingerprint: str) -> None:
    """Raise ApiError (422) for a request other than the one that used its key first."""
    if call.fingerprint != fingerprint:
        raise invalid([("Idempotency-Key", USED)])


def body_hash(body: bytes) -> str:
    """SHA-256 of a body in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def fingerprint_of(request: ApiRequest, hash_of_body: str) -> str:
    """What tells this request from another one with the same key: its body and its query."""
    query = request.META.get("QUERY_STRING", "")
    return hashlib.sha256(f"{hash_of_body}\n{query}".encode()).hexdigest()


def delete_old() -> int:
    """Delete calls older than 24 hours; return how many."""
    deleted, _ = IdempotentCall.objects.filter(created_at__lt=_oldest()).delete()
    return deleted


def _identifier(request: ApiRequest, key: str) -> str:
    principal = request.principal
    parts = (principal.kind, principal.id, str(request.method), request.path_info, key)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _oldest() -> datetime:
    return timezone.now() - KEPT_FOR
