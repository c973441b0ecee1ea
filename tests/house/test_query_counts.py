"""A list costs the same number of queries however long it is, and that number is written down here.

More queries than the number is a regression; fewer is good news that belongs into the table.
"""

from itertools import count

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys.listing import KeyListForm
from apikeys.models import ApiKey, ApiKeySecret
from cloudui.web.principal import system_principal
from deployments.models import Cluster, Deploy, Deployment, RuntimeRelease, WorkerQueue
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import seal_value
from tests.cast import DEPLOY, HX
from workspaces import audit
from workspaces.models import Membership, Role, User, Workspace

KEYS = "/{workspace}/deployments/{deployment}/api-keys"
DEPLOYS = "/{workspace}/deployments/{deployment}/deploys"
ACTIVITY = "/{workspace}/deployments/{deployment}/activity"
VARIABLES = "/{workspace}/deployments/{deployment}/variables"
QUEUES = "/{workspace}/deployments/{deployment}/worker-queues"

# Two each are for the session and the person, one of a whole page's for the switcher; one counts the keys of a search or
# a chip, up to a thousand. Five of the Overview's are for what needs attention, which a fragment leaves out.
CONSOLE = {
    "/": 10,
    "/{workspace}/deployments": 6,
    "/{workspace}/deployments?view=table": 6,
    "/{workspace}/deployments?q=filler": 7,
    KEYS: 7,
    f"{KEYS}?sort=name": 7,
    f"{KEYS}?sort=-used": 7,
    f"{KEYS}?q=filler": 8,
    f"{KEYS}?show=never-used": 8,
    f"{KEYS}?show=not-confirmed": 8,
    ACTIVITY: 5,
    DEPLOYS: 6,
    QUEUES: 5,
    VARIABLES: 5,
    # The sixth counts what was found.
    f"{VARIABLES}?q=filler": 6,
    f"{VARIABLES}/edit": 5,
    "/{workspace}/deployments/{deployment}/details": 4,
    "/{workspace}/settings/details": 5,
}
OWNER = {"/settings/audit-logs": 5, "/settings/audit-logs?operation=createDeploymentApiKey": 5}
ADMIN = {
    "/admin/workspaces/user/": 4,
    "/admin/workspaces/workspace/": 4,
    "/admin/workspaces/auditevent/": 4,
    "/admin/deployments/cluster/": 4,
    "/admin/deployments/runtimerelease/": 4,
    "/admin/workspaces/membership/": 4,
    "/admin/deployments/deployment/": 4,
    "/admin/apikeys/apikey/": 4,
}

# How SQLite and PostgreSQL say that a table of keys is read from its beginning, and that rows are sorted.
SCANS = ("SCAN apikeys_", "Seq Scan on apikeys_apikey ", "Seq Scan on apikeys_apikeysecret ")
SORTS = ("USE TEMP B-TREE", "Sort ")

pytestmark = pytest.mark.django_db

numbers = count(1)


@pytest.fixture
def lengthen(cast):
    """A function that makes every list longer by a number of rows."""
    admin, home = cast.people["admin"], cast.deployment(cast.home)

    def lengthen(rows):
        names = [f"filler {next(numbers):05}" for _ in range(rows)]
        workspaces = Workspace.objects.bulk_create(Workspace(name=name) for name in names)
        Membership.objects.bulk_create(
            Membership(workspace=workspace, user=admin, role=Role.ADMIN) for workspace in workspaces
        )
        people = User.objects.bulk_create(
            User(email=f"{name.replace(' ', '.')}@example.com", full_name=name) for name in names
        )
        Membership.objects.bulk_create(Membership(workspace=home.workspace, user=person) for person in people)
        clusters = Cluster.objects.bulk_create(Cluster(name=name, provider="local") for name in names)
        runtimes = RuntimeRelease.objects.bulk_create(
            RuntimeRelease(version=name, airflow_version="3.0.0") for name in names
        )
        Deployment.objects.bulk_create(
            Deployment(workspace=home.workspace, name=name, cluster=cluster, runtime=runtime)
            for name, cluster, runtime in zip(names, clusters, runtimes, strict=True)
        )
        add_keys(home, rows)
        pool = home.cluster.node_pools.get()
        WorkerQueue.objects.bulk_create(
            WorkerQueue(deployment=home, name=name, node_pool=pool) for name in names
        )
        Deploy.objects.bulk_create(
            Deploy(deployment=home, version=DEPLOY, rolled_back_to_id=DEPLOY, status="SUCCEEDED")
            for _ in names
        )
        variables = [
            EnvironmentVariable(deployment=home, key=name.replace(" ", "_"), updated_at=timezone.now())
            for name in names
        ]
        for variable in variables:
            seal_value(variable, "x")
        EnvironmentVariable.objects.bulk_create(variables)
        for name in names:
            audit.record(
                system_principal("filler"),
                "createDeploymentApiKey",
                workspace=home.workspace_id,
                deployment=home.pk,
                target=name,
                input={"name": name},
            )

    return lengthen


LISTS = [
    *(("admin", path, {}, number) for path, number in CONSOLE.items()),
    # Only a whole page asks for the switcher.
    *(("admin", path, HX, number - (6 if path == "/" else 1)) for path, number in CONSOLE.items()),
    *(("owner", path, {}, number) for path, number in OWNER.items()),
    *(("operator", path, {}, number) for path, number in ADMIN.items()),
]


@pytest.mark.parametrize(("role", "path", "headers", "expected"), LISTS)
def test_a_list_costs_the_same_with_10_and_with_30_rows(cast, lengthen, role, path, headers, expected):
    client, url = cast.client(role), path.format(**cast.home._asdict())
    lengthen(10)
    with_10 = queries_of(client, url, headers)

    lengthen(20)
    with_30 = queries_of(client, url, headers)

    assert (len(with_10), len(with_30)) == (expected, expected), "\n".join(with_30)


def test_the_api_keys_page_costs_the_same_with_10_and_with_100_000_keys(cast):
    """The same number, none of them counts keys, and every one finds them by an index."""
    home = cast.deployment(cast.home)
    sorts = ["", *(f"?sort={sort}" for sort in KeyListForm.SORTS)]
    addresses = [KEYS.format(**cast.home._asdict()) + sort for sort in sorts]
    add_keys(home, 10)
    with_10 = [queries_of(cast.client("admin"), address) for address in addresses]

    add_keys(home, 100_000)
    add_keys(cast.deployment(cast.sibling), 1_000)
    analyze()
    with_100_000 = [queries_of(cast.client("admin"), address) for address in addresses]

    assert list(map(len, with_100_000)) == list(map(len, with_10)) == [CONSOLE[KEYS]] * len(sorts)
    for queries in with_100_000:
        about_keys = [query for query in queries if "apikeys_apikey" in query]
        assert len(about_keys) >= 2
        for query in about_keys:
            assert "COUNT(" not in query.upper(), query
            plan = explain(query)
            assert not any(step in plan for step in SCANS), f"{query}\n{plan}"
            # The few secrets of a page's keys may be sorted; the keys come in the order of an index.
            is_of_keys = 'FROM "apikeys_apikey" ' in query
            assert not (is_of_keys and any(step in plan for step in SORTS)), f"{query}\n{plan}"
    # A plan that does both is recognised.
    plan = explain('SELECT * FROM "apikeys_apikey" WHERE "description" = \'x\' ORDER BY "created_by_name"')
    assert any(step in plan for step in SCANS)
    assert any(step in plan for step in SORTS)


def test_a_search_among_100_000_keys_reads_those_that_begin_with_it(cast):
    """By an index of names and one of IDs, both of them bounded from both sides."""
    home = cast.deployment(cast.home)
    add_keys(home, 100_000)
    analyze()
    key = ApiKey.objects.of(home).filter(name__startswith="filler").order_by("-pk")[10]

    for search in (key.name, key.pk):
        queries = queries_of(cast.client("admin"), f"{KEYS.format(**cast.home._asdict())}?q={search}")

        assert len(queries) == CONSOLE[f"{KEYS}?q=filler"]
        searching = [query for query in queries if "LOWER(" in query and "apikeys_apikey" in query]
        assert len(searching) == 2
        for query in searching:
            plan = explain(query)
            assert not any(step in plan for step in SCANS), f"{query}\n{plan}"
            assert "apikey_by_lower_name" in plan
            assert "apikey_by_id" in plan


def queries_of(client, address, headers=None):
    """The queries of an answer, without those that only begin and end something."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address, headers=headers or {})
    assert response.status_code == 200
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE"))]


def add_keys(deployment, number):
    """Copies of the Deployment's key, each with copies of its secrets; made by the database, so quickly."""
    first = next(numbers) * 1_000_000
    template = ApiKey.objects.of(deployment).exclude(name__startswith="filler").get()
    serial = "CAST(n.i AS TEXT)"
    new_id = f"'00000000000000000000' || CAST({10**11} + n.i AS TEXT)"
    copied = {"key_id": new_id, "creation_nonce": new_id, "name": f"'filler ' || {serial}"}
    _copy(ApiKey, copied, "key_id", template.pk, range(first, first + number))
    digits = f"CAST({10**15} + n.i AS TEXT)"
    as_bytes = (
        f"decode({digits}, 'escape')" if connection.vendor == "postgresql" else f"CAST({digits} AS BLOB)"
    )
    copied = {"key_id": new_id, "fingerprint": as_bytes}
    _copy(ApiKeySecret, copied, "key_id", template.pk, range(first, first + number))
    Deployment.objects.filter(pk=deployment.pk).update(api_key_count=F("api_key_count") + number)


def _copy(model, changed, column, value, serials):
    """Insert a copy of a row for each serial number `n.i`, with the columns of `changed` as they say."""
    quote = connection.ops.quote_name
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    values = ", ".join(changed.get(column, f"t.{quote(column)}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s) "
            f"INSERT INTO {table} ({names}) SELECT {values} FROM n, "
            f"(SELECT * FROM {table} WHERE {quote(column)} = %s) t",
            [serials.start, serials.stop, value],
        )


def analyze():
    """Tell the database how long its tables are, as its own housekeeping would."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def explain(query):
    words = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{words} {query}")
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
