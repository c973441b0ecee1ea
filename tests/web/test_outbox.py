"""Mails wait in the database until a mail server has taken them, whatever that server does."""

import threading

import pytest
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from cloudui.web.models import OutgoingMail
from cloudui.web.outbox import background, delivery
from tests.mails import finish, make_due, write
from tests.threats.at_once import at_once
from tests.web.figures import figures, mails
from workspaces.models import Workspace

# Written with the change, sent after it


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_sent_after_the_commit_and_its_row_is_gone(mail_server, gained):
    with transaction.atomic():
        write()
        assert OutgoingMail.objects.count() == 1
        assert mail_server.received == []
    finish()

    ((recipients, message),) = mail_server.received
    assert (recipients, message["Subject"]) == (["person@example.com"], "Subject")
    assert message.get_payload(decode=True).decode().strip() == "Some text"
    assert not OutgoingMail.objects.exists()
    assert mails(gained) == {"sent": 1}


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_is_told_to_nobody(mail_server):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError
    finish()

    assert mail_server.received == []
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_the_database_cannot_read_it(mail_server):
    message = EmailMultiAlternatives(
        "Reset", "https://x.example/password/reset/key/abc", to=["pia@example.com"]
    )
    message.attach_alternative("<p>reset/key/abc</p>", "text/html")
    message.send()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM web_outgoingmail")
        stored = b"".join(
            bytes(each) if isinstance(each, memoryview | bytes) else str(each).encode()
            for each in cursor.fetchone()
        )
    assert not [word for word in (b"reset", b"Reset", b"pia", b"example") if word in stored]


@pytest.mark.django_db
def test_a_mail_arrives_as_it_was_written(mail_server):
    message = EmailMultiAlternatives(
        "Grüße",
        "Ein Text, länger als nötig",
        "Cloud UI <from@example.com>",
        ["to@example.com"],
        bcc=["bcc@example.com"],
        cc=["cc@example.com"],
        reply_to=["reply@example.com"],
        headers={"X-Kind": "test"},
    )
    message.attach_alternative("<p>HTML</p>", "text/html")
    message.send()
    delivery.send()

    ((recipients, received),) = mail_server.received
    assert recipients == ["to@example.com", "cc@example.com", "bcc@example.com"]
    assert "bcc@example.com" not in str(received)
    assert received["X-Kind"] == "test"
    assert received["Reply-To"] == "reply@example.com"
    text, html = received.get_payload()
    assert text.get_payload(decode=True).decode() == "Ein Text, länger als nötig"
    assert html.get_content_type() == "text/html"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("message", "error"),
    [
        (EmailMessage("a\nBcc: everybody@example.com", "text", to=["x@example.com"]), BadHeaderError),
        (EmailMessage("a", "text", to=["x@example.com"], attachments=[("a", "b", "text/plain")]), ValueError),
    ],
)
def test_what_can_never_be_sent_is_refused_at_once(mail_server, message, error):
    with pytest.raises(error):
        message.send()

    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_beyond_the_most_that_may_wait_a_mail_is_dropped_and_nothing_fails(
    mail_server, settings, gained, caplog
):
    settings.OUTBOX_MAILS = 2
    for _ in range(4):
        write()

    assert OutgoingMail.objects.count() == 2
    assert mails(gained) == {"dropped": 2}
    assert caplog.text.count("A mail was dropped") == 2


# One process at a time


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_send_each_mail_once(mail_server, monkeypatch):
    monkeypatch.setattr(background, "wake", lambda: None)
    for number in range(20):
        write(subject=f"{number}")

    at_once([delivery.send] * 3)

    assert sorted(int(message["Subject"]) for _, message in mail_server.received) == list(range(20))
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_a_server_hangs_nobody_else_takes_the_mail_and_no_connection_is_held(mail_server):
    mail_server.hang("END")
    write()
    assert mail_server.is_asked.wait(30)

    assert not any(delivery.send().values())
    mail_server.release()
    finish()
    assert len(mail_server.received) == 1
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_for_the_server_leaves_the_connection_to_the_database_to_others(
    mail_server, monkeypatch
):
    held = []

    monkeypatch.setattr(delivery._Server, "deliver", lambda *_: held.append(connection.connection))
    write()
    finish()

    assert held == [None]


@pytest.mark.django_db
def test_a_mail_whose_process_died_is_due_again(mail_server):
    write()
    taken = delivery._take(None)
    assert delivery._take(None) is None

    OutgoingMail.objects.update(next_attempt_at=timezone.now())

    assert delivery.send()["sent"] == 1
    assert taken is not None
    # The dead one, should it live on, changes nothing any more.
    write()
    assert delivery._finish(taken, OSError("late")) == "failed"
    assert OutgoingMail.objects.get().attempts == 0


@pytest.mark.django_db(transaction=True)
def test_one_thread_sends_what_is_written_meanwhile_too(mail_server):
    mail_server.hang("END")
    write("first")
    assert mail_server.is_asked.wait(30)
    write("second")
    assert [thread.name for thread in threading.enumerate()].count("outbox") == 1
    mail_server.release()
    finish()

    assert [message["Subject"] for _, message in mail_server.received] == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_without_a_thread_housekeeping_sends(mail_server, monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path

    def no_thread(*_arguments, **_named):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(background.threading, "Thread", no_thread)
        with transaction.atomic():
            write()
    assert mail_server.received == []
    settings.HOUSEKEEPING = ["cloudui.web.outbox.delivery.send_due"]

    call_command("housekeeping", "--once")

    assert len(mail_server.received) == 1
    assert figures()['cloudui_housekeeping_mails_total{result="sent"}'] == 1
    assert figures()['cloudui_housekeeping_mails_total{result="failed"}'] == 0


@pytest.mark.django_db
def test_housekeeping_ends_a_round_that_takes_long(mail_server, monkeypatch):
    for _ in range(3):
        write()
    monkeypatch.setattr(delivery, "ROUND_SECONDS", 0)

    assert not any(delivery.send_due().values())
    assert OutgoingMail.objects.count() == 3


# Without a mail server


@pytest.fixture
def files(settings, tmp_path):
    settings.EMAIL_BACKEND = "cloudui.web.outbox.backend.EmailBackend"
    settings.OUTBOX_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.OUTBOX_IN_BACKGROUND = False
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return settings.EMAIL_FILE_PATH


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_a_file_as_soon_as_its_change_is_certain(files):
    with transaction.atomic():
        write()
        assert not files.exists()

    (file,) = files.iterdir()
    assert "Some text" in file.read_text()
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_written_fails_nothing_and_is_written_later(files):
    files.write_text("no folder")
    with transaction.atomic():
        write()
        Workspace.objects.create(name="Made")
    assert Workspace.objects.filter(name="Made").exists()
    assert OutgoingMail.objects.get().attempts == 1

    files.unlink()
    make_due()
    assert delivery.send()["sent"] == 1
    assert len(list(files.iterdir())) == 1


# Settings


@pytest.mark.parametrize(
    ("url", "backend", "is_in_background"),
    [
        ("", "django.core.mail.backends.filebased.EmailBackend", False),
        ("smtp://mail.example.com", "django.core.mail.backends.smtp.EmailBackend", True),
    ],
)
def test_the_variable_decides_what_becomes_of_mails(settings_with, url, backend, is_in_background):
    made = settings_with("EMAIL_URL", url)

    assert made["EMAIL_BACKEND"] == "cloudui.web.outbox.backend.EmailBackend"
    assert (made["OUTBOX_BACKEND"], made["OUTBOX_IN_BACKGROUND"]) == (backend, is_in_background)
    assert made["EMAIL_TIMEOUT"] == 10
    assert made["HOUSEKEEPING"][-1] == "cloudui.web.outbox.delivery.send_due"
