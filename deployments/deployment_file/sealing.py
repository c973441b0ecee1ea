"""How a Deployment file travels from the page with the preview back to us: it may hold secrets, so nothing stores it.

It goes along in a hidden field, encrypted under the installation's field key with person and Deployment as associated
data: found in a page left open, it opens only for that person, signed in, within the hour.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from django.views.decorators.debug import sensitive_variables

from cloudui.web import encryption
from cloudui.web.principal import Principal
from deployments.models import Deployment

PURPOSE: Final = "document"
LIFETIME_SECONDS: Final = 60 * 60


class SealBroken(Exception):
    """The file is too old, or it is not this person's for this Deployment."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file with the state of the Deployment that its preview was made for."""

    text: str = field(repr=False)
    state: str


@sensitive_variables("text")
def seal(principal: Principal, deployment: Deployment, text: str, *, state: str) -> str:
    """Encrypt a file for one person and one Deployment, for an hour."""
    ends = int(time.time()) + LIFETIME_SECONDS
    plain = f"{ends}\n{state}\n{text}".encode()
    return encryption.seal(plain, *_place(principal, deployment))


@sensitive_variables()
def unseal(principal: Principal, deployment: Deployment, sealed: str) -> Sealed:
    """The file that `seal` got; SealBroken if changed, older than an hour, or of another person or Deployment."""
    try:
        plain = encryption.unseal(sealed, *_place(principal, deployment))
    except encryption.CannotDecrypt:
        raise SealBroken from None
    ends, state, text = plain.decode().split("\n", maxsplit=2)
    if int(ends) < time.time():
        raise SealBroken
    return Sealed(text=text, state=state)


def _place(principal: Principal, deployment: Deployment) -> tuple[str, ...]:
    return PURPOSE, principal.kind, principal.id, deployment.pk
