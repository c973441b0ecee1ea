"""Whether an answer costs the same with much as with little: as many queries, and at most 1.5 times the bytes."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext


def assert_grows_little(ask: Callable[[], Any], grow: Callable[[], object]) -> Any:
    """Ask, let what is asked for grow, and ask again. Returns the second answer.

    Bytes are those of the body before it is compressed. Time is measured by the benchmarks and not here.
    """
    ask()
    small, queries_of_small = _measured(ask)
    grow()
    large, queries_of_large = _measured(ask)
    assert len(queries_of_large) == len(queries_of_small), "\n".join(queries_of_large)
    assert len(large.content) <= 1.5 * len(small.content), (len(small.content), len(large.content))
    return large


def _measured(ask: Callable[[], Any]) -> tuple[HttpResponse, list[str]]:
    with CaptureQueriesContext(connection) as captured:
        response = ask()
    assert response.status_code == 200
    return response, [query["sql"] for query in captured.captured_queries]
