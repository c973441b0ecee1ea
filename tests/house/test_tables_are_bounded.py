"""Every table there is has something that bounds it, which docs/production.md names."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.utils import timezone

from apikeys import key_secrets
from apikeys.models import ApiKeySecret
from tests.factories import create_api_key, create_deployment, create_member, create_user
from tests.house.conventions import ROOT
from tests.house.routes import routes
from workspaces.management.commands import housekeeping
from workspaces.models import Role
from workspaces.principals import principal_for

PAPER = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")


def test_the_paper_names_every_table():
    section = PAPER.partition("## What grows, and what bounds it")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", section))

    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert tables - named == set()


@pytest.mark.threat("T-L7")
def test_who_is_not_signed_in_has_no_session(cast):
    known = set(Session.objects.values_list("pk", flat=True))
    client = cast.fresh_client("nobody")

    for route in routes():
        client.get(route.path(cast))
        client.post(route.path(cast), {"login": "x@example.com", "email": "x@example.com", "password": "x"})

    assert set(Session.objects.values_list("pk", flat=True)) <= known


@pytest.mark.django_db
@pytest.mark.threat("T-L7")
def test_of_the_secrets_of_a_key_the_last_are_kept(monkeypatch):
    monkeypatch.setattr(key_secrets, "KEPT_SECRETS", 3)
    deployment = create_deployment()
    admin = principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN))
    first, other = (create_api_key(deployment, by=admin).key for _ in range(2))

    for _ in range(6):
        key_secrets.rotate_secret(admin, first, overlap=timedelta(0))

    numbers = ApiKeySecret.objects.filter(key=first).order_by("number").values_list("number", flat=True)
    assert list(numbers) == [5, 6, 7]
    assert ApiKeySecret.objects.filter(key=other).count() == 1


@pytest.mark.django_db
@pytest.mark.threat("T-L7")
@pytest.mark.parametrize(("days", "stays"), [(89, True), (91, False)])
def test_the_admin_sites_own_log_is_kept_as_long_as_the_audit_log(days, stays):
    entry = LogEntry.objects.create(
        user=create_user(), content_type=ContentType.objects.first(), object_id="1", action_flag=1
    )
    LogEntry.objects.update(action_time=timezone.now() - timedelta(days=days))

    housekeeping.delete_old_log_entries()

    assert LogEntry.objects.filter(pk=entry.pk).exists() == stays
