"""What becomes of a mail that the mail server does not take."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from cloudui.web.models import OutgoingMail
from cloudui.web.outbox import delivery
from cloudui.web.outbox.sealing import unseal
from tests.mails import make_due, write
from tests.web.figures import mails

pytestmark = pytest.mark.django_db


def gone(server):
    server.close()


def answering(**answers):
    return lambda server: server.answers.update(answers)


# What the server does, and whether the mail is tried again.
SERVERS = {
    "refuses connections": (gone, True),
    "ends them": (answering(HELLO=""), True),
    "is closing": (answering(HELLO="421 closing"), True),
    "refuses everybody": (answering(HELLO="554 no"), True),
    "takes no sender": (answering(MAIL="550 who are you?"), True),
    "takes nothing now": (answering(RCPT="450 later"), True),
    "is closing in the middle": (answering(RCPT="421 closing"), True),
    "ends them in the middle": (answering(DATA=""), True),
    "ends them after the mail": (answering(END=""), True),
    "has no space": (answering(END="452 full"), True),
    "knows no such person": (answering(RCPT="550 person@example.com is nobody"), False),
    "takes no such mail": (answering(END="554 spam"), False),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_mail_that_was_not_taken_is_tried_again_unless_it_never_will_be(mail_server, name, caplog, gained):
    misbehave, is_tried_again = SERVERS[name]
    write()
    misbehave(mail_server)

    results = delivery.send()

    assert mail_server.received == []
    assert OutgoingMail.objects.exists() == is_tried_again
    result = "failed" if is_tried_again else "given_up"
    assert {key for key, number in results.items() if number} == {result}
    assert mails(gained) == {result: 1}
    assert gained()['cloudui_dependency_failures_total{dependency="mail"}'] == 1
    (line,) = [record for record in caplog.records if record.name == delivery.__name__]
    assert (line.levelno == logging.ERROR) != is_tried_again
    assert "example.com" not in caplog.text


@pytest.mark.parametrize("command", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_a_server_that_says_nothing_is_left(mail_server, settings, command):
    settings.EMAIL_TIMEOUT = 0.05
    write()
    mail_server.hang(command)

    assert delivery.send()["failed"] == 1
    assert OutgoingMail.objects.exists()


def test_it_is_sent_when_the_server_is_back_with_the_id_that_it_had(mail_server):
    write()
    mail_server.answers["END"] = ""
    delivery.send()
    assert not delivery.send()["sent"], "It is not due yet."
    mail_server.answers.clear()
    make_due()

    assert delivery.send()["sent"] == 1
    ((_, message),) = mail_server.received
    assert message["Message-ID"]


def test_the_id_of_a_mail_is_the_same_at_each_attempt(mail_server):
    write()
    mail = OutgoingMail.objects.get()

    first, second = (unseal(mail).message() for _ in range(2))

    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


def test_a_mail_that_one_server_refuses_holds_no_other_back(mail_server):
    for number in range(3):
        write(to=f"{number}@example.com")
    mail_server.answers["RCPT"] = "421 closing"
    assert delivery.send()["failed"] == 3
    make_due()
    # What cannot be read, as with keys that are gone.
    OutgoingMail.objects.filter(pk=OutgoingMail.objects.order_by("created_at").first().pk).update(
        sealed=b"x" * 40
    )
    mail_server.answers.clear()

    results = delivery.send()

    assert (results["sent"], results["failed"]) == (2, 1)


def test_a_server_that_is_gone_is_asked_once_a_round(mail_server):
    for _ in range(3):
        write()
    mail_server.close()

    assert delivery.send()["failed"] == 1


def test_many_mails_go_over_one_connection(mail_server):
    for _ in range(3):
        write()

    assert delivery.send()["sent"] == 3
    assert mail_server.commands.count("EHLO") == 1


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 15), (300, 15)])
def test_the_pauses_grow(mail_server, attempts, minutes):
    write()
    mail_server.close()
    OutgoingMail.objects.update(attempts=attempts)
    before = timezone.now()

    delivery.send()

    pause = OutgoingMail.objects.get().next_attempt_at - before
    assert timedelta(minutes=minutes) <= pause < timedelta(minutes=minutes + 1)


@pytest.mark.parametrize(("hours", "is_given_up"), [(47, False), (49, True)])
def test_after_some_days_it_is_given_up(mail_server, settings, hours, is_given_up, caplog):
    settings.OUTBOX_DAYS = 2
    write()
    mail_server.close()
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(hours=hours))

    delivery.send()

    assert OutgoingMail.objects.exists() != is_given_up
    assert ("A mail was given up after 1 attempts" in caplog.text) == is_given_up
