"""`manage.py airflow`: run the Airflows of all Deployments on Clusters of the kind `local`, until told to stop."""

import asyncio
import signal

from django.core.management.base import BaseCommand, CommandError

from deployments.airflow.runner.keeper import AlreadyRunning, Keeper


class Command(BaseCommand):
    """Keep them running, and end them with itself."""

    help = "Run the Airflows of this machine (Clusters of the kind local), until stopped."
    requires_system_checks = ()

    def handle(self, **_options: object) -> None:
        try:
            asyncio.run(self._run())
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error

    async def _run(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Keeper(self._say).run(stop)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
