"""What every address answers to everybody, as a table: a restructuring changes nothing if it is equal before and after.

    python -m tests.house.address_table [--bodies DIRECTORY] > table.txt

A line has the status, the digests of the normalised body and headers (tests/house/normalising.py), the method,
`htmx` or a dash, the role and the route. Whoever has `token:` before it sends an access token and no cookie. The
normalised answers are written to the directory, for `diff -r`.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django
from django.test.utils import (
    setup_databases,
    setup_test_environment,
    teardown_databases,
    teardown_test_environment,
)

from tests.house.normalising import normalise, normalise_headers

if TYPE_CHECKING:
    from tests.house.walk import Answer, Question

OPENAPI: Final = "/v1/openapi.json"
# The one is random, the other tells how long random values and times are.
HEADERS_LEFT_OUT: Final = frozenset({"X-Request-Id", "Content-Length"})


def main() -> None:
    """Ask everything and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.house.address_table")
    parser.add_argument("--bodies", type=Path, metavar="DIRECTORY", help="where the answers are written")
    bodies = parser.parse_args().bodies
    with _database():
        # These import models, which need the settings.
        from tests.house.bearers import ask_with_tokens
        from tests.house.walk import walk

        answers = {**walk().answers, **dict(ask_with_tokens())}
    sys.stdout.writelines(f"{line}\n" for line in _lines(answers.items(), bodies))


@contextmanager
def _database() -> Iterator[None]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)
        teardown_test_environment()


def _lines(answers: "Iterable[tuple[Question, Answer]]", bodies: Path | None) -> Iterator[str]:
    """The table, in an order that does not depend on that of the routes."""
    for question, answer in sorted(answers, key=lambda item: item[0]):
        headers = normalise_headers(answer.headers, besides=HEADERS_LEFT_OUT)
        is_html = answer.headers["Content-Type"].startswith("text/html")
        body = normalise(answer.body.decode(errors="backslashreplace"), is_html=is_html)
        htmx = "htmx" if question.is_htmx else "-"
        yield (
            f"{answer.status} {_digest(body)} {_digest(headers)}"
            f" {question.method:<15} {htmx:<4} {question.role:<15} {question.route}"
        )
        if (question.route, question.method, question.role) == (OPENAPI, "GET", "nobody"):
            # The document byte by byte.
            yield f"{answer.status} {sha256(answer.body).hexdigest()} {htmx:<4} {OPENAPI}"
        if bodies:
            name = "-".join([question.method.replace(" ", "-"), question.role.replace(":", "-"), htmx])
            path = bodies / re.sub(r"[^\w.-]", "_", question.route) / f"{name.rstrip('-')}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{answer.status}\n{headers}\n\n{body}\n")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
