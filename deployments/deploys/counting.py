"""How deploys and roll-backs end, counted for `/metrics` (docs/monitoring.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from cloudui.web import disk, metrics
from cloudui.web.disk import NoSpace


@contextmanager
def failures_counted() -> Iterator[None]:
    """Count what ends a deploy before it has succeeded."""
    try:
        yield
    except IntegrityError:
        # A second call finished the same deploy: the first one is counted.
        raise
    except BaseException as error:
        metrics.count_deploy(_result(error))
        raise


def _result(error: BaseException) -> str:
    match error:
        case ValidationError():
            return "refused"
        case NoSpace():
            return "no_space"
        case OSError() if error.errno in disk.FULL:
            return "no_space"
        case _:
            return "failed"
