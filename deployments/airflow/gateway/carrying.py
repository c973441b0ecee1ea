"""A call on its way: to Airflow and back, ended early when the caller leaves or may not go on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from django.db import Error

from cloudui.web import databases
from cloudui.web.api import ApiError
from deployments.airflow.gateway import audit
from deployments.airflow.gateway.admission import Admission
from deployments.airflow.gateway.exchange import Call, Exchange
from deployments.airflow.gateway.incoming import ClientGone, Incoming
from deployments.airflow.gateway.outgoing import Outgoing
from deployments.airflow.gateway.paths import is_write
from deployments.airflow.gateway.threads import Threads

# For so long a call goes on while nobody can say whether it may.
DOUBT_SECONDS: Final = 10.0


class Carrier:
    """Carries the calls of one process."""

    def __init__(self, exchange: Exchange, threads: Threads) -> None:
        self._exchange = exchange
        self._threads = threads

    async def carry(
        self,
        call: Call,
        admission: Admission,
        incoming: Incoming,
        outgoing: Outgoing,
        *,
        confirm: Callable[[], None],
        every: float,
    ) -> None:
        """Pass a call on, and its answer back.

        Args:
            call: what came.
            admission: that it may be passed on.
            incoming: its body.
            outgoing: its answer.
            confirm: raises if the call may not go on; run in a thread.
            every: after how many seconds that is asked again.

        Raises:
            ApiError: there is no answer, or the call may not go on; perhaps when the answer has begun.
            ClientGone: the caller left.
        """
        if not call.has_body:
            incoming.skip()
        await first_of(
            self._pass_on(call, admission, incoming, outgoing),
            self._watch(confirm, every),
            _until_gone(incoming),
        )

    async def _pass_on(
        self, call: Call, admission: Admission, incoming: Incoming, outgoing: Outgoing
    ) -> None:
        status = 0
        try:
            answer = await self._exchange.send(call, admission, incoming)
            status = answer.status
        except ApiError as error:
            status = error.status
            raise
        finally:
            if is_write(call.method, call.path):
                # Also if the caller left: Airflow may have done it all the same.
                await asyncio.shield(asyncio.ensure_future(self._record(call, admission, status)))
        try:
            await outgoing.start(answer.status, answer.headers)
            async for piece in answer.pieces():
                await outgoing.piece(piece)
            await outgoing.finish()
        finally:
            await answer.response.aclose()

    async def _record(self, call: Call, admission: Admission, status: int) -> None:
        try:
            await self._threads.run(audit.record_write, admission, call.method, call.path, status)
        except Error as error:
            databases.log(error, f"A {call.method} at Airflow, answered {status}, could not be audited.")

    async def _watch(self, confirm: Callable[[], None], every: float) -> None:
        """End when the caller may not go on."""
        sure_at = time.monotonic()
        while True:
            await asyncio.sleep(every)
            try:
                await self._threads.run(confirm)
                sure_at = time.monotonic()
            except Error as error:
                if not databases.is_unavailable(error) or time.monotonic() - sure_at > DOUBT_SECONDS:
                    raise


async def _until_gone(incoming: Incoming) -> None:
    await incoming.wait_until_gone()
    raise ClientGone


async def first_of(*parts: Awaitable[None]) -> None:
    """Run all until the first ends, which decides; the others are cancelled and waited for."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    # In their order: an answer that is finished is no failure, even if the caller left in the same moment.
    next(task for task in tasks if task in done).result()
