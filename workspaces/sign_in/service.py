"""What people do to their own account: ending every session and token at once."""

from django.db import transaction

from cloudui.web.principal import Principal
from workspaces import audit
from workspaces.models import User


def sign_out_everywhere(principal: Principal) -> None:
    """End every session and every access token of a person by renewing the security stamp."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=principal.id)
        user.renew_stamp()
        user.save(update_fields=["security_stamp"])
        audit.record(principal, "signOutEverywhere", target=user.pk)
