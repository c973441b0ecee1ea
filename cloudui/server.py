"""The web server: granian, with a worker of ours (`python -m cloudui.server`).

With granian's own WSGI worker a request holds one of its threads while its body comes, for as long as the sender
likes, and a connection holds a place while it is silent. Under its RSGI protocol a body can be read without a thread,
but through an event loop, which more than doubles the processor time of a light call. So this worker takes RSGI's
requests in granian's threads, without a loop (cloudui.web.rsgi). It uses what granian does not publish: its version
is held in pyproject.toml, and tests/server runs all of it.
"""

import gc
import logging
import multiprocessing
import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError
from granian import Granian
from granian._granian import CallbackScheduler, RSGIWorker, WorkerSignal
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import WorkerProcess

from cloudui.web import metric_files, parents
from cloudui.web.database_limits import worker_count
from cloudui.web.ownership import refuse_root

APPLICATION: Final = "cloudui.wsgi:application"
# Most of them wait for a password or key secret to be checked; with fewer the pages would wait too.
PLACES: Final = 64
# Threads that take in heads and bodies, and answer /healthz, while all places are taken.
SPARE: Final = 4
# Longer heads are refused with 431. It is also what a connection that sends half a head may cost.
HEAD_BYTES: Final = 64 * 1024
# What a worker opens besides connections: files, and connections to the database and the cache.
OTHER_FILES: Final = 256
MOST_CONNECTIONS: Final = 16_384
# How long a worker finishes what it has begun when it is told to end, and when the server was killed.
STOP_SECONDS: Final = 8
ORPHAN_SECONDS: Final = 1


def main(application: str = APPLICATION) -> None:
    """Serve a WSGI application, named as `module:name`, until a signal comes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudui.settings")
    from django.conf import settings  # what is nonsense stops the start here, and not each worker

    refuse_root(settings.DATA_DIR)
    _without_warning_of_threads()
    server = Granian(
        application,
        address=settings.BIND_ADDRESS,
        port=settings.PORT,
        # Only to be allowed more than one thread.
        interface=Interfaces.WSGI,
        workers=worker_count(),
        blocking_threads=PLACES + SPARE,
        backlog=2048,
        backpressure=min(MOST_CONNECTIONS, max(256, raise_open_files() - OTHER_FILES)),
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=settings.HEAD_SECONDS * 1000, max_buffer_size=HEAD_BYTES
        ),
        # Its lines are ours: the settings have the handler and the format.
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}},
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    metric_files.clear(_metrics_directory())
    server.serve(spawn_target=serve)


def raise_open_files() -> int:
    """Allow this process and its children as many open files as the system lets it. Returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST_CONNECTIONS + OTHER_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def freeze() -> None:
    """Have the garbage collector leave alone what is there by now, which is the application and lives as long.

    Every few hundred pages it would look through all of it and stop this process for a tenth of a second.
    """
    gc.collect()
    gc.freeze()


class _Scheduler(CallbackScheduler):
    """Calls the application in the thread in which granian brings a request."""

    def __init__(self, _loop: Any, application: Any, *_: Any) -> None:
        super().__init__()
        self._schedule_fn = application


def serve(*arguments: Any) -> None:
    """Be a worker; the arguments are what granian gives its own."""
    # Until it serves, a signal ends it at once. The handlers of the server are here and would take it for themselves.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    parents.end_with_parent(parent=_server())
    metric_files.join(_metrics_directory())
    _serve(*arguments)


@WorkerProcess.wrap_target  # type: ignore[untyped-decorator] # granian publishes no type of it
def _serve(worker_id: int, callback: Any, sock: Any, ipc: Any, _loop: Any, *options: Any) -> None:
    from django.conf import settings

    from cloudui.web.rsgi.application import Application
    from cloudui.web.rsgi.futures import Loop
    from cloudui.web.rsgi.receiving import Pace

    told, done, stop = threading.Event(), threading.Event(), WorkerSignal()

    def end(*_: object) -> None:
        stop.set()
        told.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, end)
    stop.add_cb(done.set)
    pace = Pace(settings.BODY_IDLE_SECONDS, settings.BODY_LEAST_BYTES_A_SECOND)
    application = Application(callback, places=PLACES, pace=pace)
    _mode, *threads, _task, http, http1, http2, websockets, files, _log, tls, _scope, metrics = options
    new_worker: Any = RSGIWorker  # its published types are of an older version
    worker = new_worker(worker_id, sock, ipc, *threads, http, http1, http2, websockets, files, *tls, metrics)
    freeze()
    loop = Loop()
    worker.serve_mtr(_Scheduler(loop, application, None, None, None), loop, stop)
    told.wait()
    if not done.wait(STOP_SECONDS if os.getppid() == _server() else ORPHAN_SECONDS):
        # Somebody still sends or reads, and would for ever.
        os._exit(0)


def _metrics_directory() -> Path:
    from django.conf import settings

    # Of this server: there may be another one at another port.
    directory: Path = settings.DATA_DIR / "metrics" / str(settings.PORT)
    return directory


def _server() -> int:
    pid: int = multiprocessing.parent_process().pid  # type: ignore[assignment, union-attr] # granian started this process
    return pid


def _without_warning_of_threads() -> None:
    logger = logging.getLogger("_granian")
    logger.addFilter(lambda record: "Configuration allows spawning up to" not in record.getMessage())


if __name__ == "__main__":
    try:
        main()
    except (ImproperlyConfigured, EnvError) as error:
        # A wrong variable is the operator's to mend: one sentence helps, a stack trace does not.
        sys.exit(f"Configuration error: {error}")
