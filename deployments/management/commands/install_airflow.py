"""`manage.py install_airflow`, which `make airflow` calls: install each Airflow that can run on this machine."""

import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor

from django.core.management.base import BaseCommand, CommandError

from deployments.airflow.runner import environments
from deployments.airflow.runner.environments import NotInstalled


class Command(BaseCommand):
    """Install what is missing, and say how long it took."""

    help = "Install each Airflow that can run on this machine, or those named. Safe to repeat."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("versions", nargs="*", help="Versions of Airflow, such as 3.3.2; all by default.")

    def handle(self, *, versions: list[str], **_options: object) -> None:
        began = time.monotonic()
        # Most of the time each waits for the network.
        with ThreadPoolExecutor() as threads:
            failures = [
                each for each in threads.map(self._install, versions or environments.versions()) if each
            ]
        if failures:
            raise CommandError("\n".join(failures))
        self._say(f"It took {time.monotonic() - began:.0f} s.")

    def _install(self, version: str) -> str:
        """Why it failed; empty if it did not."""
        if environments.find(version):
            self._say(f"Airflow {version} is there.")
            return ""
        try:
            environments.install(version, self._say)
        except NotInstalled as error:
            return str(error)
        return ""

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
