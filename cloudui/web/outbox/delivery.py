"""Sending what waits in the outbox: each mail by one process at a time, again and again until it is given up.

Whoever takes a mail moves its next attempt beyond the longest time that sending it can take. So nobody else takes it
meanwhile, and if the process dies, it is due again by itself. Whether a server that was cut off in between has the mail
is unknown; it gets it again with the same Message-ID.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Final

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from cloudui.web import databases, metrics
from cloudui.web.models import OutgoingMail
from cloudui.web.outbox.sealing import unseal

# Each step of a conversation with a mail server has EMAIL_TIMEOUT; there are fewer steps than this.
STEPS: Final = 30
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
# Housekeeping has other tasks.
ROUND_SECONDS: Final = 30

logger = logging.getLogger(__name__)


def send_due() -> Counter[str]:
    """Send what is due, for half a minute at most; for housekeeping. Returns how many were sent, failed, given up."""
    return send(until=time.monotonic() + ROUND_SECONDS)


def send(ids: Iterable[str] | None = None, *, until: float | None = None) -> Counter[str]:
    """Send mails, the one that is due longest first, and stop at the first failure that would be that of the next too.

    Args:
        ids: of which mails; of all by default.
        until: begin none after this time of the monotonic clock.

    Returns:
        How many were `sent`, `failed` (they are tried again) and `given_up`.
    """
    results = Counter(sent=0, failed=0, given_up=0)
    server = _Server()
    try:
        while (until is None or time.monotonic() < until) and (mail := _take(ids)):
            if settings.OUTBOX_IN_BACKGROUND:
                # Whoever waits for a mail server keeps no connection from others.
                databases.release()
            error = server.deliver(mail)
            results[_finish(mail, error)] += 1
            if error is not None and not _is_about_the_mail(error):
                break
    finally:
        server.close()
    return results


class _Server:
    """The mail server, or the folder instead of one. As long as it takes mails, they go over one connection."""

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None

    def deliver(self, mail: OutgoingMail) -> Exception | None:
        """Why the mail could not be sent, if it could not."""
        try:
            message = unseal(mail)
            self._backend = self._backend or get_connection(settings.OUTBOX_BACKEND)
            self._backend.open()
            self._backend.send_messages([message])
        except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
            # It may have been closed by the server without a word.
            self.close()
            return error
        return None

    def close(self) -> None:
        # Whether the server says goodbye changes nothing.
        with suppress(OSError):
            if self._backend is not None:
                self._backend.close()


def _take(ids: Iterable[str] | None) -> OutgoingMail | None:
    due = OutgoingMail.objects.filter(next_attempt_at__lte=timezone.now())
    if ids is not None:
        due = due.filter(pk__in=ids)
    while mail := due.order_by("next_attempt_at").first():
        lease = timezone.now() + timedelta(seconds=STEPS * settings.EMAIL_TIMEOUT)
        mine = OutgoingMail.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
        if mine.update(next_attempt_at=lease, attempts=mail.attempts + 1):
            mail.next_attempt_at, mail.attempts = lease, mail.attempts + 1
            return mail
    return None


def _finish(mail: OutgoingMail, error: Exception | None) -> str:
    """Write what became of an attempt, unless it took so long that another process has the mail now."""
    row = OutgoingMail.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
    if error is None:
        row.delete()
        result = "sent"
    elif _is_refused_for_good(error) or timezone.now() - mail.created_at >= timedelta(
        days=settings.OUTBOX_DAYS
    ):
        row.delete()
        logger.error("A mail was given up after %d attempts: %s", mail.attempts, _reason(error))
        result = "given_up"
    else:
        pause = min(FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10), LONGEST_PAUSE)
        row.update(next_attempt_at=timezone.now() + pause)
        logger.warning("A mail waits for attempt %d: %s", mail.attempts + 1, _reason(error))
        result = "failed"
    metrics.count_mail(result)
    if error is not None:
        metrics.count_failure("mail")
    return result


def _is_about_the_mail(error: Exception) -> bool:
    """Whether another mail may fare better with the same server."""
    return not isinstance(error, OSError) or isinstance(error, SMTPRecipientsRefused | SMTPDataError)


def _is_refused_for_good(error: Exception) -> bool:
    """Whether the server has said that it will never take this mail (RFC 5321 section 4.2.1)."""
    codes = _codes(error) if isinstance(error, SMTPRecipientsRefused | SMTPDataError) else []
    return bool(codes) and min(codes) >= 500


def _codes(error: Exception) -> list[int]:
    if isinstance(error, SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, SMTPResponseException) else []


def _reason(error: Exception) -> str:
    """What the log says of a failure: no address, which a mail server likes to quote."""
    if codes := _codes(error):
        return f"the mail server answers {', '.join(str(code) for code in sorted(set(codes)))}"
    return f"{type(error).__name__} {error}" if isinstance(error, OSError) else type(error).__name__
