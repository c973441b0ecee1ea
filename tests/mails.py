"""Mails that tests write, have due again, and wait for."""

import threading

from django.core.mail import send_mail
from django.utils import timezone

from cloudui.web.models import OutgoingMail


def finish() -> None:
    """Wait until the thread that sends has ended."""
    for thread in threading.enumerate():
        if thread.name == "outbox":
            thread.join()


def write(subject: str = "Subject", to: str = "person@example.com") -> None:
    """Send a mail as the product does."""
    send_mail(subject, "Some text", None, [to])


def make_due() -> None:
    """Have the pauses of all mails be over."""
    OutgoingMail.objects.update(next_attempt_at=timezone.now())
