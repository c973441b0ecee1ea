"""Several people at the same moment: threads that start together, each with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.test import Client

Act = Callable[[], Any]


def at_once(acts: Sequence[Act]) -> list[Any]:
    """Do all of them at once and return what each returned; what one raises is raised here."""
    start = threading.Barrier(len(acts))

    def run(act: Act) -> Any:
        start.wait(timeout=30)
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result() for future in [threads.submit(run, act) for act in acts]]


def another_window(client: Client) -> Client:
    """The same person in another window: clients are not made for several threads."""
    window = Client(raise_request_exception=False)
    window.cookies.update(client.cookies)
    return window
