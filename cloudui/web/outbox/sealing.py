"""What a waiting mail says, sealed: mails hold links for new passwords, which nobody may take from the database."""

import json
from typing import Any, Final

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.views.decorators.debug import sensitive_variables

from cloudui.web import encryption
from cloudui.web.encryption import CannotDecrypt
from cloudui.web.keyring import KeyFileError
from cloudui.web.models import OutgoingMail

PURPOSE: Final = "mail"


@sensitive_variables()
def seal(message: EmailMessage, mail_id: str) -> bytes:
    """Encrypt a message for the row `mail_id`, with the date and the ID that it has at every attempt.

    Raises ValueError for a message that cannot be sent: a line break in a header (BadHeaderError), an attachment.
    """
    if message.attachments:
        raise ValueError("A mail of the outbox has no attachments.")
    rendered = message.message()
    values = {
        "subject": str(message.subject),
        "body": str(message.body),
        "subtype": message.content_subtype,
        "from": message.from_email,
        "to": message.to,
        "cc": message.cc,
        "bcc": message.bcc,
        "reply_to": message.reply_to,
        "alternatives": [list(each) for each in getattr(message, "alternatives", [])],
        "headers": {
            **message.extra_headers,
            "Date": rendered["Date"],
            "Message-ID": rendered["Message-ID"],
        },
    }
    return encryption.encrypt(json.dumps(values).encode(), PURPOSE, mail_id)


@sensitive_variables()
def unseal(mail: OutgoingMail) -> EmailMessage:
    """The message of a row; raises as `encryption.decrypt`."""
    plain = encryption.decrypt(bytes(mail.sealed), PURPOSE, mail.pk)
    values: dict[str, Any] = json.loads(plain)
    message = EmailMultiAlternatives(
        values["subject"],
        values["body"],
        values["from"],
        values["to"],
        cc=values["cc"],
        bcc=values["bcc"],
        reply_to=values["reply_to"],
        headers=values["headers"],
    )
    message.content_subtype = values["subtype"]
    for content, mimetype in values["alternatives"]:
        message.attach_alternative(content, mimetype)
    return message


@sensitive_variables()
def reencrypt() -> int:
    """Encrypt anew what an older field key holds; returns how many mails. One that cannot be read stays as it is."""
    done = 0
    for mail in OutgoingMail.objects.iterator(chunk_size=50):
        if not encryption.needs_reencryption(bytes(mail.sealed)):
            continue
        try:
            plain = encryption.decrypt(bytes(mail.sealed), PURPOSE, mail.pk)
        except (CannotDecrypt, KeyFileError):
            continue
        # One that was sent meanwhile is not written back.
        done += OutgoingMail.objects.filter(pk=mail.pk).update(
            sealed=encryption.encrypt(plain, PURPOSE, mail.pk)
        )
    return done
