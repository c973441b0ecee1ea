"""A secret that was typed and could not be saved yet: kept in the page, sealed, since no secret is ever shown.

It is encrypted under the installation's key, for the same person and Deployment only, and may become the value of a
secret and of nothing else: as a plain one it would be shown.
"""

from typing import Final

from django.views.decorators.debug import sensitive_variables

from cloudui.web import encryption
from cloudui.web.principal import Principal
from deployments.models import Deployment

PURPOSE: Final = "draft"


@sensitive_variables("value")
def seal(principal: Principal, deployment: Deployment, value: str) -> str:
    """The value as text for a hidden field; it cannot be read without the installation's keys."""
    # Saving refuses half characters with an error, so they must survive until then.
    plain = value.encode(errors="surrogatepass")
    return encryption.seal(plain, PURPOSE, deployment.pk, principal.id)


@sensitive_variables()
def unseal(principal: Principal, deployment: Deployment, sealed: str) -> str:
    """What was sealed for this person and Deployment; empty for anything else."""
    try:
        plain = encryption.unseal(sealed, PURPOSE, deployment.pk, principal.id)
    except encryption.CannotDecrypt:
        return ""
    return plain.decode(errors="surrogatepass")
