"""What has happened in the demo: variables, deploys, and API keys in every state that a list can show.

The services of the product do all of it, as people and pipelines would, with its audit events. What a service cannot
give is only the past: a console that is a minute old has no month of use, so its days are counted here afterwards.
"""

import io
import secrets
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apikeys import usage
from apikeys.forms import new_nonce
from apikeys.key_secrets import Issued, confirm_secret, rotate_secret
from apikeys.keys import create_key, disable_key
from apikeys.models import ApiKey, ApiKeySecret
from apikeys.tokens.exchange import CredentialsRefused, authenticate, exchange
from cloudui.web.disk import NoSpace
from cloudui.web.principal import Origin, Principal
from deployments.deploys import service
from deployments.deploys.service import NotStored
from deployments.deploys.source import Commit, DeploySource
from deployments.models import Deployment
from deployments.variables.service import VariableInput, save_variables

# Addresses that are nobody's (RFC 5737), and programs that pipelines have.
PIPELINE: Final = Origin(address="192.0.2.17", user_agent="astro/1.45.0 (linux)")
SCRIPT: Final = Origin(address="192.0.2.44", user_agent="curl/8.5.0")
SERVER: Final = Origin(address="198.51.100.8", user_agent="python-requests/2.32.3")
PAST_DAYS: Final = 29
# How much of an ordinary day's work there is on each day of a week, in per cent.
WEEK: Final = (100, 108, 129, 92, 112, 25, 17)

DAGS: Final[Mapping[str, str]] = {
    "orders.py": '''"""Loads the orders of the last hour into the warehouse."""

from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule="@hourly", start_date=datetime(2026, 1, 1), catchup=False)
def orders():
    @task
    def extract() -> list[dict]:
        return [{"id": 1, "amount": 20}]

    @task
    def load(rows: list[dict]) -> None:
        print(f"{len(rows)} rows loaded")

    load(extract())


orders()
''',
    "common/__init__.py": "",
}


def make_history(
    admin: Principal, editor: Principal, production: Deployment, development: Deployment
) -> None:
    """Fill both Deployments; call it outside a transaction. Without space on the disk there are no deploys."""
    _set_variables(editor, production, development)
    pipeline = _make_keys(admin, production)
    _make_keys_of_development(admin, development)
    usage.write_pending()
    with suppress(NoSpace, NotStored):
        _deploy(editor, pipeline, production, development)


# Variables


def _set_variables(editor: Principal, production: Deployment, development: Deployment) -> None:
    for deployment, level in ((production, "WARNING"), (development, "DEBUG")):
        save_variables(
            editor,
            deployment,
            [
                VariableInput("LOG_LEVEL", level),
                VariableInput("REPORT_TIMEZONE", "Europe/Berlin"),
                VariableInput("WAREHOUSE_PASSWORD", secrets.token_urlsafe(18), is_secret=True),
                VariableInput(
                    "WAREHOUSE_URL", f"postgresql://loader@warehouse.example.com:5432/{level.lower()}"
                ),
            ],
        )


# Keys


def _make_keys(admin: Principal, deployment: Deployment) -> Principal:
    """Keys in every state, the one that deploys last, so that it is the first of the list; returns it as a caller."""
    _make(admin, deployment, "backfill", "For the next backfill of the warehouse.")
    refused = _make(
        admin, deployment, "reporting", "Reads the state of DAGs every morning.", used_by=SERVER, a_day=3
    )
    renewed = rotate_secret(admin, refused.key, overlap=timedelta(0))
    confirm_secret(admin, refused.key, number=renewed.number)
    _be_refused(refused, SERVER)
    disabled = _make(admin, deployment, "jenkins", "The build server of before.", used_by=SCRIPT, a_day=9)
    disable_key(admin, disabled.key)
    rotating = _make(
        admin, deployment, "warehouse-sync", "Hourly loads into the warehouse.", used_by=SCRIPT, a_day=48
    )
    newer = rotate_secret(admin, rotating.key, overlap=timedelta(days=7))
    confirm_secret(admin, rotating.key, number=newer.number)
    _create(admin, deployment, "notebook", "For trying things out.")
    deploys = _make(
        admin, deployment, "github-actions", "Deploys the main branch.", used_by=PIPELINE, a_day=24
    )
    return authenticate(deploys.key.pk, deploys.secret, origin=PIPELINE).principal(PIPELINE)


def _make_keys_of_development(admin: Principal, deployment: Deployment) -> None:
    _make(admin, deployment, "laptop", "Deploys by hand.", used_by=PIPELINE, a_day=5)


def _create(admin: Principal, deployment: Deployment, name: str, description: str) -> Issued:
    return create_key(admin, deployment, name=name, description=description, nonce=new_nonce())


def _make(
    admin: Principal,
    deployment: Deployment,
    name: str,
    description: str,
    *,
    used_by: Origin | None = None,
    a_day: int = 0,
) -> Issued:
    """A key whose secret was saved, and was used for a month by `used_by`, about so often on a day."""
    issued = _create(admin, deployment, name, description)
    confirm_secret(admin, issued.key, number=issued.number)
    if used_by is not None:
        exchange(issued.key.pk, issued.secret, audience=None, scope=None, origin=used_by)
        _count_past_uses(issued.key, a_day)
    return issued


def _be_refused(issued: Issued, origin: Origin) -> None:
    with suppress(CredentialsRefused):
        authenticate(issued.key.pk, issued.secret, origin=origin)


def _count_past_uses(key: ApiKey, a_day: int) -> None:
    """The month before, and a key that is old enough for it."""
    now = timezone.now()
    with transaction.atomic():
        usage.hold(key.pk)
        for day in _days_before(now):
            usage.count_use(key.pk, day.date(), max(1, a_day * WEEK[day.weekday()] // 100))
        began = now - timedelta(days=PAST_DAYS)
        ApiKey.objects.filter(pk=key.pk).update(created_at=began)
        ApiKeySecret.objects.filter(key=key).update(created_at=began, first_used_at=began)


def _days_before(now: datetime) -> Iterable[datetime]:
    return (now - timedelta(days=days) for days in range(1, PAST_DAYS + 1))


# Deploys


def _deploy(editor: Principal, pipeline: Principal, production: Deployment, development: Deployment) -> None:
    by_hand = replace(editor, origin=Origin(user_agent="manage.py demo"))
    service.receive(by_hand, production, _archive("print('first')"), description="The first DAGs")
    _fail_to_deploy(by_hand, production)
    commit = Commit(sha=secrets.token_hex(20), branch="main", repository="example/pipelines")
    source = DeploySource(client="astro CLI 1.45.0", commit=commit)
    service.receive(pipeline, production, _archive("print('second')"), description="Retries", source=source)
    service.receive(by_hand, development, _archive("print('trying')"), description="Trying things out")
    _fail_to_deploy(by_hand, development)


def _fail_to_deploy(principal: Principal, deployment: Deployment) -> None:
    with suppress(ValidationError):
        service.receive(principal, deployment, io.BytesIO(b"PK\x03\x04" + bytes(64)), description="By hand")


def _archive(line: str) -> io.BytesIO:
    """A tar.gz of DAGs; `line` makes it another version."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in {**DAGS, "version.py": f"{line}\n"}.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    archive.seek(0)
    return archive
