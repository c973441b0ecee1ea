"""Idempotency-Key for deploys, which are long and cannot be one transaction.

The memory of the call is written first, without an answer. It gets its answer in the transaction in which the
history says Succeeded. A process that dies leaves it without one; whoever repeats the call then finds out
whether that deploy succeeded all the same (deployments.deploys.service.settle), and otherwise begins anew.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from cloudui.web.api import ApiError, ApiRequest, answer
from cloudui.web.models import IdempotentCall
from cloudui.web.rest.errors import conflict, translated
from cloudui.web.rest.idempotency import REPLAYED, claim, fingerprint_of, require_same
from deployments.deploys.schemas import DeployShown
from deployments.deploys.service import DeployInProgress, NotStored, list_deploys
from deployments.deploys.store.stream import PIECE
from deployments.models import Deploy, Deployment, DeployStatus

Work = Callable[[Callable[[], object]], Deploy]

AT_WORK: Final = "A call with this Idempotency-Key is at work. Try again when it has finished."
UNCLEAR: Final = "A call with this Idempotency-Key was interrupted. Send this one again."


class HashedStream:
    """The body of a request, hashed while it is read."""

    def __init__(self, request: HttpRequest) -> None:
        """Read nothing yet."""
        self._request = request
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""
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
    work: Work,
    *,
    hash_of_body: Callable[[], str],
    to: Deploy | None = None,
) -> HttpResponse:
    """Deploy or roll back, unless this very call did it already; the answer is 201 and the same each time.

    Args:
        request: the request; that its caller may do it is decided already, and decided again by the service.
        key: its Idempotency-Key; empty does it in any case.
        deployment: the Deployment.
        work: does it; it calls what it is given in the transaction of the success.
        hash_of_body: the hash of the body, which may have to be read to its end for it.
        to: the deploy to roll back to, None for an upload.

    Raises:
        ApiError: 422 for a key that was used for something else or an archive that is refused, 413 for one
            that is too large, 409 while another deploy is at work or where there is nothing to roll back to.
    """
    if not key:
        return _created(_done(work, _still_good(request)))
    call, is_new = claim(request, key, fingerprint="")
    if not is_new and (made := _made_before(request, call, deployment, hash_of_body, to)):
        return answer(DeployShown.of(made).model_dump(mode="json"), status=201, headers={REPLAYED: "true"})
    try:
        return _created(_done(work, _remembering(request, call, deployment, hash_of_body)))
    except BaseException:
        if is_new:
            _forget(call)
        raise


def _forget(call: IdempotentCall) -> None:
    IdempotentCall.objects.filter(pk=call.pk, status=None).delete()


def _created(deploy: Deploy) -> HttpResponse:
    return answer(DeployShown.of(deploy).model_dump(mode="json"), status=201)


def _done(work: Work, confirm: Callable[[], object]) -> Deploy:
    try:
        return work(confirm)
    except DeployInProgress as error:
        raise conflict(str(error)) from error
    except NotStored as error:
        raise ApiError(503, "temporarily_unavailable", str(error)) from error
    except ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: ValidationError) -> Exception:
    archive = error.error_dict.get("archive", ()) if hasattr(error, "error_dict") else ()
    if any(one.code == "too_large" for one in archive):
        return ApiError(413, "invalid_request", " ".join(error.messages))
    return translated(error)


def _still_good(request: ApiRequest) -> Callable[[], object]:
    """What an upload of minutes has to ask before it is activated: whether its key or person still stands."""
    identify: Callable[[], object] = request.bearer  # type: ignore[attr-defined] # set by the bearer's middleware
    return identify


def _remembering(
    request: ApiRequest, call: IdempotentCall, deployment: Deployment, hash_of_body: Callable[[], str]
) -> Callable[[], object]:
    def confirm() -> None:
        _still_good(request)()
        current = IdempotentCall.objects.filter(pk=call.pk, status=None).first()
        if current is None:
            # The first of two that met has just ended.
            raise DeployInProgress
        # There is one at a time: the store's lock is held.
        made = Deploy.objects.of(deployment).get(status=DeployStatus.RECEIVING)
        current.status, current.answer = 201, {"deploy": made.pk}
        current.fingerprint = fingerprint_of(request, hash_of_body())
        current.save(update_fields=["status", "answer", "fingerprint"])

    return confirm


def _made_before(
    request: ApiRequest,
    call: IdempotentCall,
    deployment: Deployment,
    hash_of_body: Callable[[], str],
    to: Deploy | None,
) -> Deploy | None:
    """The deploy of the same call; None if that one came to nothing and this one shall begin anew."""
    if call.status is not None:
        require_same(call, fingerprint_of(request, hash_of_body()))
        return Deploy.objects.of(deployment).get(pk=(call.answer or {})["deploy"])
    # It concludes what nobody is at work on.
    list_deploys(deployment, {}, size=1)
    principal = request.principal
    since = Deploy.objects.of(deployment).filter(
        made_by_kind=principal.kind, made_by_id=principal.id, created_at__gte=call.created_at
    )
    made = since.exclude(status=DeployStatus.FAILED).order_by("created_at").first()
    if made is None:
        return None
    if made.status == DeployStatus.RECEIVING:
        raise conflict(AT_WORK)
    # The same caller may have deployed something else since, by a call of another name.
    is_same = made.rolled_back_to_id == (to.version if to else None)
    if not is_same or (to is None and made.checksum != hash_of_body()):
        call.delete()
        raise conflict(UNCLEAR)
    call.status, call.answer = 201, {"deploy": made.pk}
    call.fingerprint = fingerprint_of(request, hash_of_body())
    call.save(update_fields=["status", "answer", "fingerprint"])
    return made
