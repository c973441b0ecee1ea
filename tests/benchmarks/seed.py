"""`python -m tests.benchmarks.seed SECRETS`: fill a prepared installation. Prints what callers need as JSON.

`python -m tests.benchmarks.seed --million DEPLOYMENT` adds a million older keys to a Deployment of it.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import django
from django.conf import settings
from django.db import connection

FEW = 16
AIRFLOW_PORT = 9127

# In the order of their IDs, which makes this quick and nothing else easier.
MILLION_KEYS = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO apikeys_apikey (key_id, deployment_id, name, description, is_enabled, disabled_at, generation,
        version, created_by_id, created_by_name, created_at, updated_at, acknowledged_secret, creation_nonce,
        last_used_at, last_used_from, last_used_client)
    SELECT printf('%%08x', i) || lower(hex(randomblob(12))), %s, 'Pipeline ' || i, 'One of a million', 1, NULL, 1, 1, NULL,
        'Ada Admin', datetime('now', '-' || i || ' seconds'), datetime('now'), 1, printf('%%032d', i),
        datetime('now', '-' || i || ' seconds'), '192.0.2.1', 'curl/8'
    FROM n
"""
MILLION_SECRETS = """
    INSERT INTO apikeys_apikeysecret (key_id, number, encoded, pepper_version, fingerprint, created_at,
        first_used_at, last_used_at, last_used_from, last_used_client)
    SELECT key_id, 1, 'argon2', 1, CAST(substr(key_id, 1, 16) AS BLOB), created_at, created_at, created_at, '192.0.2.1', 'curl/8'
    FROM apikeys_apikey WHERE description = 'One of a million'
"""


def main(secrets: int) -> None:
    django.setup()
    sys.stdout.write(json.dumps(_fill(secrets)))


def _fill(secrets: int) -> dict[str, Any]:
    from django.test import Client

    from apikeys import credentials
    from deployments.airflow.accounts import Account, seal
    from deployments.models import Airflow, AirflowRole, Ground
    from tests.factories import create_deployment, create_member, create_workspace
    from workspaces.models import Role

    workspace = create_workspace(name="Data Engineering")
    person = create_member(
        workspace=workspace, role=Role.ADMIN, full_name="Ada Admin", is_staff=True, is_superuser=True
    )
    page = create_deployment(workspace=workspace, name="Production")
    pool = create_deployment(workspace=workspace, name="Pipelines")
    Airflow.objects.create(
        deployment=pool,
        ground=Ground.CONNECTED,
        base_url=f"http://127.0.0.1:{AIRFLOW_PORT}",
        version="2.11.2",
        sealed_accounts=seal(pool.pk, {AirflowRole.OP: Account("op", "secret")}),
    )
    _make_keys(page, 25, person, "Pipeline")
    _mark_used(page)
    client = Client()
    client.force_login(person)
    return {
        "page": f"/{workspace.pk}/deployments/{page.pk}/api-keys",
        "deployment": page.pk,
        "release_name": pool.release_name,
        "cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}",
        "few": _make_keys(pool, FEW, person, "few"),
        "many": _make_keys(pool, secrets, person, "many"),
        "forged": [credentials.generate_secret().reveal()[:-1] + "~" for _ in range(FEW)],
    }


def _make_keys(deployment: Any, number: int, person: Any, name: str) -> list[tuple[str, str]]:
    """As the product makes them. argon2 takes most of it, so all cores work."""
    from tests.factories import create_api_key

    def make(index: int) -> tuple[str, str]:
        issued = create_api_key(deployment, name=f"{name} {index}", description="Nightly loads", by=person)
        # A thread that ends would take it from the pool.
        connection.close()
        return issued.key.pk, issued.secret.reveal()

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(make, range(number)))


def _mark_used(deployment: Any) -> None:
    """Most rows of a real list have been used, and two have not been confirmed."""
    from django.utils import timezone

    from apikeys.models import ApiKey, ApiKeySecret, ApiKeyUse

    used = ApiKey.objects.of(deployment).order_by("-created_at")[2:]
    now = timezone.now()
    last = {
        "last_used_at": now - timedelta(hours=3),
        "last_used_from": "192.0.2.1",
        "last_used_client": "curl/8.5",
    }
    ApiKey.objects.filter(pk__in=list(used)).update(acknowledged_secret=1, **last)
    ApiKeySecret.objects.filter(key__in=list(used)).update(first_used_at=now - timedelta(days=9), **last)
    ApiKeyUse.objects.bulk_create(
        [
            ApiKeyUse(key=key, day=now.date() - timedelta(days=days), count=24)
            for key in used
            for days in range(9)
        ]
    )


def add_million(deployment: str) -> None:
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -400000")
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute(MILLION_KEYS, [deployment])
        cursor.execute(MILLION_SECRETS)
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    if sys.argv[1] == "--million":
        add_million(sys.argv[2])
    else:
        main(int(sys.argv[1]))
