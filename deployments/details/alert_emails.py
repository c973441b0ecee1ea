"""Where alerts about a Deployment are sent: a list of e-mail addresses that its Editors keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import Http404

from cloudui.web.advice import Advice
from cloudui.web.principal import Principal
from cloudui.web.text import validate_plain_text
from deployments import events
from deployments.access import deployment_to_edit
from deployments.models import Deployment

ALERT_EMAILS: Final = 50

# What a mail server takes at most (RFC 5321 section 4.5.3.1.3, without the angle brackets).
EMAIL_LENGTH: Final = 254

TOO_MANY: Final = Advice(f"A Deployment has at most {ALERT_EMAILS} alert e-mails.", "Delete one first.")

_validate = EmailValidator(message="Enter a valid e-mail address, such as team@example.com.")


@dataclass(frozen=True, slots=True)
class AlertEmail:
    """One e-mail address of the list."""

    email: str

    @property
    def handle(self) -> str:
        """What stands for it in a URL: the e-mail itself would be written into the logs of every proxy."""
        return sha256(self.email.casefold().encode()).hexdigest()[:16]


def list_alert_emails(deployment: Deployment) -> list[AlertEmail]:
    """The list in the order in which it was made."""
    return [AlertEmail(email) for email in deployment.alert_emails]


def find_alert_email(deployment: Deployment, handle: str) -> AlertEmail:
    """The one of a handle; Http404 when it is not in the list, or no longer."""
    for alert_email in list_alert_emails(deployment):
        if alert_email.handle == handle:
            return alert_email
    raise Http404


def set_alert_emails(principal: Principal, deployment: Deployment, emails: Sequence[str]) -> Deployment:
    """Replace the whole list, in this order; ValidationError on `emails` names the one that is wrong."""
    return _change(principal, deployment, lambda _: _checked(emails))


def add_alert_email(principal: Principal, deployment: Deployment, email: str) -> Deployment:
    """Add one at the end of the list; takes and raises the same as `set_alert_emails`."""
    return _change(principal, deployment, lambda current: _with(current, email))


def delete_alert_email(principal: Principal, deployment: Deployment, email: str) -> Deployment:
    """Delete one, whatever its case; nothing happens if it is not there."""
    return _change(
        principal,
        deployment,
        lambda current: [other for other in current if not is_same(other, email)],
    )


def is_same(one: str, other: str) -> bool:
    """Whether two e-mail addresses are the same to people: whatever the case."""
    return distinct(one) == distinct(other)


def distinct(email: str) -> str:
    """The form in which two e-mail addresses that `is_same` are equal."""
    return email.strip().casefold()


def _checked(emails: Sequence[str]) -> list[str]:
    checked: list[str] = []
    for email in emails:
        try:
            checked.append(_address(email, besides=checked))
        except ValidationError as error:
            # Among several, the e-mail itself says which one is meant.
            raise ValidationError(
                {"emails": f"{email.strip() or 'Empty address'}: {error.message}"}
            ) from error
    return checked


def _with(current: list[str], email: str) -> list[str]:
    try:
        return [*current, _address(email, besides=current)]
    except ValidationError as error:
        raise ValidationError({"emails": error.message}) from error


def _address(email: str, *, besides: Sequence[str]) -> str:
    address = email.strip()
    if len(address) > EMAIL_LENGTH:
        raise ValidationError(f"Use at most {EMAIL_LENGTH} characters.")
    validate_plain_text(address)
    _validate(address)
    if any(is_same(address, other) for other in besides):
        raise ValidationError("This address is in the list already.")
    if len(besides) >= ALERT_EMAILS:
        raise ValidationError(TOO_MANY)
    return address


def _change(
    principal: Principal, deployment: Deployment, change: Callable[[list[str]], list[str]]
) -> Deployment:
    with transaction.atomic():
        # The list is read under the lock, so that of two people who add one each both find theirs in it.
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        before = list(locked.alert_emails)
        locked.alert_emails = change(before)
        if locked.alert_emails != before:
            locked.save_change(principal, "alert_emails")
            events.record(
                principal,
                "updateDeploymentAlerts",
                locked,
                {
                    "added": [email for email in locked.alert_emails if email not in before],
                    "deleted": [email for email in before if email not in locked.alert_emails],
                },
            )
    return locked
