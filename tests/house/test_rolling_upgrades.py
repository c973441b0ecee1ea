"""While an upgrade rolls, servers of the version before go on with tables that are already new.

They do not name a column that they do not know, so it may be empty or has a default in the database; and what they
name is still there. A migration that cannot keep this is named in `STOPS`, and CHANGELOG.md says that all servers
have to be stopped first, as docs/production.md promises.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED
from django.utils import timezone

from tests.factories import create_deployment, create_owner
from tests.house.conventions import ROOT

# The newest migrations that no upgrade rolls over; from the next ones on each does.
SINCE: Final = {
    "web": "0001_initial",
    "workspaces": "0003_workspace_version",
    "deployments": "0005_worker_queue_version",
    "apikeys": "0003_last_use_of_a_key",
}
# By app and name: why all servers have to be stopped before it.
STOPS: Final[dict[tuple[str, str], str]] = {}

TAKEN_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.DeleteModel,
    migrations.AlterModelTable,
)


def breaches(operations: Sequence[Any], state: ProjectState, app: str) -> Iterator[str]:
    """What a server from before these operations could not go on with."""
    for operation in operations:
        if isinstance(operation, TAKEN_AWAY):
            yield f"{operation.describe()}: it is still in use"
        is_known = (app, getattr(operation, "model_name_lower", "")) in state.models
        if isinstance(operation, migrations.AddField) and is_known and _must_be_named(operation.field):
            yield f"{operation.describe()}: it needs a db_default, or null=True"
        if isinstance(operation, migrations.AlterField) and _must_be_named(operation.field):
            before = state.models[app, operation.model_name_lower].fields[operation.name]
            if not _must_be_named(before):
                yield f"{operation.describe()}: it was optional"
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from breaches(operation.database_operations, state, app)


def _must_be_named(field: Any) -> bool:
    return not field.many_to_many and not field.null and field.db_default is NOT_PROVIDED


def _newer() -> list[tuple[str, str]]:
    """The migrations of ours after SINCE, in their order."""
    graph = MigrationLoader(None).graph
    return [
        (app, name)
        for app, since in SINCE.items()
        for leaf in graph.leaf_nodes(app)
        for app_of, name in graph.forwards_plan(leaf)
        if app_of == app and name > since
    ]


def _state_before(app: str, name: str) -> ProjectState:
    return MigrationLoader(None).project_state((app, name), at_end=False)


@pytest.mark.parametrize("migration", [pytest.param(None, id="none yet"), *_newer()])
def test_a_migration_leaves_servers_of_the_version_before_what_they_need(migration):
    if migration is None or migration in STOPS:
        return
    app, name = migration
    operations = MigrationLoader(None).get_migration(app, name).operations

    assert list(breaches(operations, _state_before(app, name), app)) == []


ADDED = models.CharField(max_length=7, blank=True)


@pytest.mark.parametrize(
    ("operation", "breach"),
    [
        (migrations.AddField("workspace", "color", ADDED), "needs a db_default"),
        (
            migrations.AddField("workspace", "color", models.CharField(max_length=7, default="red")),
            "db_default",
        ),
        (migrations.RemoveField("workspace", "description"), "still in use"),
        (migrations.RenameField("workspace", "description", "purpose"), "still in use"),
        (migrations.DeleteModel("membership"), "still in use"),
        (migrations.RenameModel("membership", "Member"), "still in use"),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("workspace", "name")]), "still in use"),
        (migrations.AlterField("auditevent", "optional", models.IntegerField()), "was optional"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.describe(),
)
def test_what_they_could_not_go_on_with_is_found(operation, breach):
    (found,) = breaches([operation], _state_with_an_optional_field(), "workspaces")

    assert breach in found


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("workspace", "color", models.CharField(max_length=7, null=True)),
        migrations.AddField("workspace", "color", models.CharField(max_length=7, db_default="")),
        migrations.AddField("new_since", "color", ADDED),
        migrations.AlterField("workspace", "name", models.CharField(max_length=200)),
        migrations.CreateModel("Color", [("id", models.BigAutoField(primary_key=True)), ("name", ADDED)]),
        migrations.RunPython(migrations.RunPython.noop),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_they_do_not_notice_is_allowed(operation):
    assert list(breaches([operation], _state_with_an_optional_field(), "workspaces")) == []


def _state_with_an_optional_field() -> ProjectState:
    state = MigrationLoader(None).project_state()
    state.models["workspaces", "auditevent"].fields["optional"] = models.IntegerField(null=True)
    return state


def test_an_upgrade_that_does_not_roll_is_announced():
    changes = Path(ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert not STOPS or "Stop all servers first" in changes


# Old columns, new tables


@pytest.fixture(scope="module")
def then():
    """The models as they were at SINCE."""
    return MigrationLoader(None).project_state(list(SINCE.items())).apps


@pytest.mark.django_db
def test_a_server_from_before_goes_on_making_keys_workspaces_and_events(then):
    owner, other = create_owner(), create_deployment()
    workspace = then.get_model("workspaces", "Workspace").objects.create(name="Old", description="")
    deployment = then.get_model("deployments", "Deployment").objects.create(
        name="Old", workspace=workspace, cluster_id=other.cluster_id, runtime_id=other.runtime_id
    )
    key = then.get_model("apikeys", "ApiKey").objects.create(
        name="Old", deployment=deployment, created_by_id=owner.pk, creation_nonce="n" * 32
    )
    secret = then.get_model("apikeys", "ApiKeySecret")
    secret.objects.create(**_filled(secret, key=key))
    event = then.get_model("workspaces", "AuditEvent")
    event.objects.create(**_filled(event, operation="createApiKey"))

    assert key.pk


def _filled(model: Any, **given: Any) -> dict[str, Any]:
    """Something in every column that has no default."""
    values: dict[type[models.Field[Any, Any]], Any] = {
        models.CharField: "x",
        models.IntegerField: 1,
        models.DateTimeField: timezone.now(),
        models.BinaryField: b"x",
    }
    fields = [
        field
        for field in model._meta.fields
        if not field.primary_key and not field.null and not field.has_default() and field.name not in given
    ]
    return {
        field.name: next((value for kind, value in values.items() if isinstance(field, kind)), None)
        for field in fields
        if not field.is_relation
    } | given


@pytest.mark.django_db
def test_no_table_has_a_column_that_they_would_have_to_name(then):
    assert _demanded_and_unknown(then) == set()


@pytest.mark.django_db
def test_columns_without_a_default_are_found():
    before = (
        MigrationLoader(None).project_state(list((SINCE | {"apikeys": "0002_tokens_and_use"}).items())).apps
    )

    assert _demanded_and_unknown(before) == {
        "apikeys_apikey.last_used_client",
        "apikeys_apikey.last_used_from",
    }


def _demanded_and_unknown(then: Any) -> set[str]:
    ours = [model for model in then.get_models() if model._meta.app_label in SINCE]
    assert len(ours) > 15
    return {
        f"{model._meta.db_table}.{column}"
        for model in ours
        for column, is_demanded in _columns(model._meta.db_table)
        if is_demanded and column not in {field.column for field in model._meta.fields}
    }


def _columns(table: str) -> Iterator[tuple[str, bool]]:
    """Each column of the database, and whether an INSERT has to name it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA table_info({table})")
            yield from (
                (name, bool(not_null) and default is None)
                for _, name, _, not_null, default, _ in cursor.fetchall()
            )
        else:
            cursor.execute(
                "SELECT column_name, is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
                " FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s",
                [table],
            )
            yield from cursor.fetchall()
