"""The mail server hangs, breaks off, is gone and comes back: nobody waits for it, and each mail arrives once."""

import os
import re
import signal
from collections.abc import Iterator
from typing import Final

from tests import mail_server
from tests.faults import callers
from tests.faults.callers import EMAIL, Caller, Ledger
from tests.faults.processes import all_of
from tests.faults.stage import Stage, prepared, request, require, wait_until
from tests.mail_server import MailServer

TIMEOUT: Final = 2
# What a busy machine adds to an answer that takes some milliseconds at rest; less than any wait for a mail server.
NOISE: Final = 0.5
# Housekeeping looks once a minute, the first pause is a minute, and who was killed had the mail for thirty timeouts.
ARRIVES_SECONDS: Final = 300


def check() -> Iterator[str]:
    with (
        mail_server.running() as server,
        prepared(
            EMAIL_URL=f"smtp://127.0.0.1:{server.port}", EMAIL_TIMEOUT_SECONDS=str(TIMEOUT), WEB_WORKERS="1"
        ) as stage,
    ):
        callers.make_person(stage)
        stage.start()
        at_rest = _ask_for_a_link(stage)
        wait_until(lambda: len(server.received) == 1, "The first mail does not arrive", seconds=30)
        for fault in (_hang, _break_off, _refuse_all):
            fault(server)
            seconds = _ask_for_a_link(stage)
            name = fault.__name__.strip("_")
            require(seconds < at_rest + NOISE, f"{name}: the answer took {seconds:.2f} s")
            yield f"{name}: a link was asked for within {1000 * seconds:.0f} ms"
            wait_until(lambda: _figure(stage, "cloudui_mails_waiting") >= 1, "No mail waits", seconds=60)
        _kill_who_sends(stage, server)
        yield "a worker was killed while it was sending"
        _mend(server)
        took = wait_until(lambda: len(server.received) >= 5, "Mails do not arrive", seconds=ARRIVES_SECONDS)
        wait_until(lambda: _figure(stage, "cloudui_mails_waiting") == 0, "Mails still wait", seconds=60)
        ids = [message["Message-ID"] for _, message in server.received]
        require(
            len(ids) == len(set(ids)) == 5, f"{len(ids)} mails arrived, {len(set(ids))} of them different."
        )
        yield f"all 5 mails arrived, once each, {took:.0f} s after the mail server was back"


def _hang(server: MailServer) -> None:
    server.hang("HELLO")


def _break_off(server: MailServer) -> None:
    _mend(server)
    server.answers["DATA"] = ""


def _refuse_all(server: MailServer) -> None:
    _mend(server)
    server.answers["HELLO"] = "421 closing"


def _mend(server: MailServer) -> None:
    server.release()
    server.answers.clear()


def _kill_who_sends(stage: Stage, server: MailServer) -> None:
    _mend(server)
    server.hang("RCPT")
    _ask_for_a_link(stage)
    require(server.is_asked.wait(30), "Nobody sends")
    os.kill(all_of(stage, "cloudui.server")[-1], signal.SIGKILL)
    wait_until(lambda: stage.answers(stage.port), "no answer after a worker was killed")


def _ask_for_a_link(stage: Stage) -> float:
    caller = Caller(stage, f"http://127.0.0.1:{stage.port}", Ledger())
    answer = caller.send_form("/account/password/reset/", email=EMAIL)
    require(answer is not None and answer.status == 302, f"A link could not be asked for: {answer}")
    assert answer is not None
    return answer.seconds


def _figure(stage: Stage, name: str) -> float:
    _, body = request(stage.port, "GET", "/metrics")
    found = re.search(rf"^{name} (\S+)$", body.decode(), re.MULTILINE)
    return float(found[1]) if found else -1
