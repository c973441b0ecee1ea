#!/usr/bin/env python
"""The command line of Cloud UI: `python manage.py help` lists the commands."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from environs import EnvError

from cloudui.web.ownership import refuse_root


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")
    try:
        refuse_root(settings.DATA_DIR)
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as error:
        # A wrong variable is the operator's to mend: one sentence helps, a stack trace does not.
        sys.exit(f"Configuration error: {error}")


if __name__ == "__main__":
    main()
