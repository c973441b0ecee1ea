"""What asks the database runs in threads, so that one call that waits does not hold up the others."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import OperationalError, close_old_connections, reset_queries

# As many as there are connections to PostgreSQL (cloudui.configuration).
THREADS: Final = 8
# Whoever waits for longer is told that the database cannot be used.
ANSWER_SECONDS: Final = 1.8

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Threads:
    """Runs functions of Django's synchronous side."""

    def __init__(self, *, are_shared: bool = False) -> None:
        """Make the threads; with `are_shared` there is only the one that runs the loop, as tests need it."""
        self._are_shared = are_shared
        self._executor = None if are_shared else ThreadPoolExecutor(THREADS, "gateway")

    async def run(
        self, function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        """What the function returns.

        Raises:
            OperationalError: it took too long; it may still go on.
        """
        work = sync_to_async(
            functools.partial(self._run, function), thread_sensitive=self._are_shared, executor=self._executor
        )
        try:
            return await asyncio.wait_for(work(*args, **kwargs), ANSWER_SECONDS)
        except TimeoutError:
            raise OperationalError("the database does not answer in time") from None

    def _run(self, function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        if self._are_shared:
            return function(*args, **kwargs)
        # As Django does around each request.
        reset_queries()
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()
