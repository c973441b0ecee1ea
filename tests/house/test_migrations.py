"""The migrations make the tables that the models describe."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

OURS = ("web", "workspaces", "deployments", "apikeys")


@pytest.mark.django_db
def test_no_migration_is_missing(capsys):
    try:
        call_command("makemigrations", check=True, dry_run=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


def test_a_field_without_a_migration_is_found():
    written = MigrationLoader(None).project_state()
    described = ProjectState.from_apps(apps)
    described.models["workspaces", "workspace"].fields.pop("description")

    changes = MigrationAutodetector(written, described).changes(graph=MigrationLoader(None).graph)

    assert "workspaces" in changes


@pytest.mark.parametrize("app", OURS)
def test_each_app_has_one_line_of_migrations(app):
    leaves = MigrationLoader(None).graph.leaf_nodes(app)

    assert len(leaves) == 1
