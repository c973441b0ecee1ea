"""The gateway's server: granian with the ASGI application of cloudui.asgi (`python -m cloudui.gateway`).

A process of its own, so that however many slow readers Airflow's logs have, no thread of the pages waits for them.
"""

import logging
import multiprocessing
import os
import sys
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from cloudui.server import HEAD_BYTES, MOST_CONNECTIONS, OTHER_FILES, STOP_SECONDS, raise_open_files
from cloudui.web import parents
from cloudui.web.ownership import refuse_root

# Of a connection there are two files: the caller's and Airflow's.
FILES_OF_A_CALL: Final = 2


def main() -> None:
    """Serve until a signal comes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")
    from django.conf import settings  # what is nonsense stops the start here, and not the worker

    refuse_root(settings.DATA_DIR)
    Granian(
        "cloudui.gateway:create_application",
        factory=True,
        address=settings.BIND_ADDRESS,
        port=settings.GATEWAY_PORT,
        interface=Interfaces.ASGI,
        # One loop carries what two cores ask of Airflow, and keeps one set of connections and service tokens.
        workers=1,
        backlog=2048,
        backpressure=min(MOST_CONNECTIONS, max(256, raise_open_files() - OTHER_FILES)) // FILES_OF_A_CALL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=settings.HEAD_SECONDS * 1000, max_buffer_size=HEAD_BYTES
        ),
        # Its lines are ours: the settings have the handler and the format.
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}},
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def create_application() -> Any:
    """The application, in the worker that runs it."""
    parents.end_with_parent(parent=multiprocessing.parent_process().pid)  # type: ignore[union-attr] # granian started this process
    logging.getLogger("_granian").addFilter(is_news)
    from cloudui import asgi  # it sets Django up

    asgi.start()
    return asgi.application


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of granian's is to be written: that an answer was cut on purpose is none."""
    return "CutShort" not in record.getMessage() and "CutShort" not in str(record.exc_info)


if __name__ == "__main__":
    try:
        main()
    except (ImproperlyConfigured, EnvError) as error:
        # A wrong variable is the operator's to mend: one sentence helps, a stack trace does not.
        sys.exit(f"Configuration error: {error}")
