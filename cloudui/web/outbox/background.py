"""The thread of a web process that sends mails, while there are any."""

import threading
from typing import Final

from django.db import connections

from cloudui.web import databases, logs
from cloudui.web.outbox.delivery import send


def wake() -> None:
    """Have what is due sent soon; returns at once."""
    _sender.wake()


class _Sender:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_running = self._is_woken = False

    def wake(self) -> None:
        with self._lock:
            self._is_woken = True
            if self._is_running:
                return
            # A thread that cannot be started leaves the mails to housekeeping.
            threading.Thread(target=self._run, name="outbox", daemon=True).start()
            self._is_running = True

    def _run(self) -> None:
        while self._goes_on():
            try:
                with logs.task():
                    send()
            except Exception as error:  # noqa: BLE001 - whatever it is, housekeeping is another attempt
                databases.log(error, "Mails could not be sent.")
            finally:
                connections.close_all()

    def _goes_on(self) -> bool:
        with self._lock:
            self._is_running, self._is_woken = self._is_woken, False
            return self._is_running


_sender: Final = _Sender()
