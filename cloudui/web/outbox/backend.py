"""The EMAIL_BACKEND: whatever sends a mail with Django writes it into the outbox."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from cloudui.web import metrics
from cloudui.web.models import OutgoingMail
from cloudui.web.outbox import background
from cloudui.web.outbox.delivery import send
from cloudui.web.outbox.sealing import seal

logger = logging.getLogger(__name__)


class EmailBackend(BaseEmailBackend):
    """Writes mails in the transaction of its caller, and has them sent once that is committed."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them and return how many. Raises what the database raises, and as `seal` for what is no mail."""
        rows = [_row(message) for message in email_messages if message.recipients()]
        free = max(settings.OUTBOX_MAILS - OutgoingMail.objects.count(), 0) if rows else 0
        for _ in rows[free:]:
            # Nobody hears of it who could do something: whoever asked may be a stranger.
            logger.error("A mail was dropped: OUTBOX_MAILS others wait for the mail server.")
            metrics.count_mail("dropped")
        OutgoingMail.objects.bulk_create(rows[:free])
        if rows[:free]:
            # A failure is logged, and housekeeping is another attempt. Django names the function, which must have a name.
            transaction.on_commit(lambda: _send([row.pk for row in rows[:free]]), robust=True)
        return len(rows[:free])


def _row(message: EmailMessage) -> OutgoingMail:
    row = OutgoingMail()
    row.sealed = seal(message, row.pk)
    return row


def _send(ids: Sequence[str]) -> None:
    if settings.OUTBOX_IN_BACKGROUND:
        background.wake()
    else:
        send(ids)
