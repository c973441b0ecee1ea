"""Idempotency-Key for deploys, which are long and cannot be one transaction (cloudui.web.rest.idempotency).

The call is remembered before it begins, and answered in the transaction in which the history says Succeeded. If the
process dies, whoever repeats the call finds out whether that deploy succeeded (`completion.recover`), or begins anew.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from cloudui.web.api import ApiError, ApiRequest, answer
from cloudui.web.models import IdempotentCall
from cloudui.web.rest.errors import conflict
from cloudui.web.rest.idempotency import REPLAYED, claim, fingerprint_of, require_same
from deployments.deploys.completion import recover
from deployments.deploys.schemas import DeployShown
from deployments.deploys.service import NO_RIGHT, Confirm, DeployInProgress, NotConfirmed
from deployments.deploys.store.stream import PIECE
from deployments.models import Deploy, Deployment, DeployStatus

REPEATED: Final = "The same call was at work already."
AT_WORK: Final = "A call with this Idempotency-Key is at work. Try again when it has finished."
UNCLEAR: Final = "A call with this Idempotency-Key was interrupted. Send this one again."


class CallRefused(NotConfirmed):
    """The call does not complete its deploy; `answer` is what its caller is told."""

    def __init__(self, reason: str, *, answer: ApiError) -> None:
        super().__init__(reason)
        self.answer = answer


class HashedStream:
    """The body of a request, hashed while it is read."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        piece: bytes = self._request.read(size)
        self._hash.update(piece)
        return piece

    def hash_to_end(self) -> str:
        """SHA-256 of the whole body in hexadecimal; what was not read yet is read now."""
        while self.read(PIECE):
            pass
        return self._hash.hexdigest()


def deployed_once(
    request: ApiRequest,
    key: str,
    deployment: Deployment,
    deploy: Callable[[Confirm], Deploy],
    *,
    hash_of_body: Callable[[], str],
    to: Deploy | None = None,
) -> HttpResponse:
    """Deploy or roll back, unless this very call did it already; the answer is 201 and the same each time.

    An empty `key` deploys in any case; `to` is None for an upload. Besides what the service raises:

    Raises:
        ApiError: 422 for a key that was used for something else; 429 for one too many; 409 while the same call is at
            work, and where nobody can tell any more what became of it.
        CallRefused: if the token has ended meanwhile, or the same call was quicker.
    """
    if not key:
        return _created(deploy(lambda _: _require_token(request)))
    call, is_new = claim(request, key, fingerprint="")
    if not is_new and (earlier := _made_before(request, call, deployment, hash_of_body, to)):
        return answer(DeployShown.of(earlier).model_dump(mode="json"), status=201, headers={REPLAYED: "true"})

    def confirm(made: Deploy) -> None:
        _require_token(request)
        current = IdempotentCall.objects.filter(pk=call.pk, status=None).first()
        if current is None:
            # Of two that met, the other one has just ended.
            raise CallRefused(REPEATED, answer=conflict(str(DeployInProgress())))
        _remember(request, current, made, hash_of_body)

    try:
        return _created(deploy(confirm))
    except BaseException:
        if is_new:
            _delete(call)
        raise


# Private


def _require_token(request: ApiRequest) -> None:
    """An upload takes minutes, in which its key or person may lose the right to deploy."""
    try:
        request.bearer()  # type: ignore[attr-defined] # set by the bearer's middleware
    except ApiError as error:
        raise CallRefused(NO_RIGHT, answer=error) from error


def _created(made: Deploy) -> HttpResponse:
    return answer(DeployShown.of(made).model_dump(mode="json"), status=201)


def _remember(
    request: ApiRequest, call: IdempotentCall, made: Deploy, hash_of_body: Callable[[], str]
) -> None:
    call.status, call.answer = 201, {"deploy": made.pk}
    call.fingerprint = fingerprint_of(request, hash_of_body())
    call.save(update_fields=["status", "answer", "fingerprint"])


def _delete(call: IdempotentCall) -> None:
    IdempotentCall.objects.filter(pk=call.pk, status=None).delete()


def _made_before(
    request: ApiRequest,
    call: IdempotentCall,
    deployment: Deployment,
    hash_of_body: Callable[[], str],
    to: Deploy | None,
) -> Deploy | None:
    if call.status is not None:
        require_same(call, fingerprint_of(request, hash_of_body()))
        return Deploy.objects.of(deployment).get(pk=(call.answer or {})["deploy"])
    recover(deployment)
    principal = request.principal
    since = Deploy.objects.of(deployment).filter(
        made_by_kind=principal.kind, made_by_id=principal.id, created_at__gte=call.created_at
    )
    made = since.exclude(status=DeployStatus.FAILED).order_by("created_at").first()
    if made is None:
        return None
    if made.status == DeployStatus.RECEIVING:
        raise conflict(AT_WORK)
    # The same caller may have deployed something else since, by a call with another key.
    is_same = made.rolled_back_to_id == (to.version if to else None)
    if not is_same or (to is None and made.checksum != hash_of_body()):
        call.delete()
        raise conflict(UNCLEAR)
    _remember(request, call, made, hash_of_body)
    return made
