"""How the database answers: which rows it reads without an index, and which it sorts.

On PostgreSQL the other ways are forbidden as far as possible, since it rightly reads small tables as a whole: where one
is left, there is no index.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

FORBIDDEN = ("seqscan", "sort", "incremental_sort", "hashjoin", "mergejoin")
# On SQLite also an index may be read from one end to the other; what a subquery found may be, of course.
READS = {"sqlite": r"\bSCAN (?!subquery)(\w+)", "postgresql": r"Seq Scan on (\w+)"}
SORTS = {"sqlite": r"TEMP B-TREE FOR .*ORDER BY", "postgresql": r"\bSort\b"}
# A condition on how a text begins that decides after a row was read, and not where to look for it.
UNINDEXED = r"(?<!\))\n *Filter: .*~~"


class Plans:
    """The queries that read something, with the plan of each."""

    def __init__(self, queries: list[str]) -> None:
        self.by_query = {query: _explain(query) for query in queries if query.startswith("SELECT")}

    @property
    def read_as_a_whole(self) -> set[str]:
        """Tables that are read from one end to the other, or where a beginning is looked for in every row."""
        plans = self.by_query.values()
        tables = {table for plan in plans for table in re.findall(READS[connection.vendor], plan)}
        return tables | {match for plan in plans for match in re.findall(UNINDEXED, plan)}

    @property
    def sorting(self) -> list[str]:
        """Queries whose rows are sorted."""
        return [query for query, plan in self.by_query.items() if re.search(SORTS[connection.vendor], plan)]


@contextmanager
def captured_plans() -> Iterator[list[Plans]]:
    """Adds the plans of everything that is asked meanwhile."""
    found: list[Plans] = []
    with CaptureQueriesContext(connection) as queries:
        yield found
    found.append(Plans([query["sql"] for query in queries.captured_queries]))


def _explain(query: str) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for step in FORBIDDEN:
                cursor.execute(f"SET LOCAL enable_{step} = off")
            cursor.execute(f"EXPLAIN {query}")
            return "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        return "\n".join(row[3] for row in cursor.fetchall())
