"""`manage.py migrate`: Django's own, of which two at once wait for each other. `prepare` calls it."""

from typing import Any

from django.core.management.commands import migrate

from cloudui.web.tables_lock import tables_lock


class Command(migrate.Command):
    """Bring the tables up to date."""

    def handle(self, *arguments: Any, **options: Any) -> None:
        with tables_lock(self.stdout.write):
            super().handle(*arguments, **options)
