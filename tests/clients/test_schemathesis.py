"""Everything that the OpenAPI document allows, and much that it does not, sent with a key's and a person's token.

The interface never breaks, answers as its document says, and reaches nothing that the token may not.
"""

from contextlib import contextmanager
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from cloudui.api import api
from cloudui.web.rest.openapi import document
from deployments.models import Deploy, Deployment, EnvironmentVariable, WorkerQueue
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.programs import at, of_key, of_role
from tests.factories import create_deployment, create_workspace
from workspaces.models import AuditEvent, Membership, Role, Workspace

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L5")]

load_all_checks()
schema = schemathesis.openapi.from_dict(document(api))
schema.app = get_wsgi_application()
schema.config.generation.with_security_parameters = False
# What an operation does not know of headers and queries it does not look at.
schema.config.generation.allow_extra_parameters = False
_rejection = schema.config.checks.negative_data_rejection
_rejection.expected_statuses = [*_rejection.expected_statuses, "413"]
schemathesis.serializer.alias(["application/gzip", "application/x-tar"], "application/octet-stream")

# A document cannot say that a name is taken or a version passed, so what it allows may be refused with 422; and
# the guards of tests/house ask for every method.
NOT_PROMISED = [positive_data_acceptance, unsupported_method]


@pytest.fixture(autouse=True)
def _dags(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path


@pytest.fixture
def own():
    """The Deployment that the token is for, with something of everything in it."""
    deployment = create_deployment(workspace=create_workspace(name="Home"), name="Production")
    fill(deployment)
    return deployment


@pytest.fixture
def other():
    """A Deployment that it is not for, and that nothing here changes."""
    deployment = create_deployment(workspace=create_workspace(name="Elsewhere"), name="Foreign")
    fill(deployment)
    before = rows_of(deployment)
    yield deployment
    assert rows_of(deployment) == before


@pytest.fixture(params=["key", "person"])
def program(request, own):
    return of_key(own) if request.param == "key" else of_role(own, Role.EDITOR)


@schema.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_interface_keeps_its_promises(case, program, own, other):
    is_foreign = aim(case, own, other)
    with connection_stays():
        response = case.call_and_validate(
            headers={"Authorization": program.authorization}, excluded_checks=NOT_PROMISED
        )

    if is_foreign:
        assert response.status_code >= 400
    assert other.pk not in response.text


@contextmanager
def connection_stays():
    """A server would close it between requests, and with it the test's transaction would end."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (signals.request_started, signals.request_finished):
            signal.connect(close_old_connections)


def fill(deployment):
    program = of_key(deployment, name="Filler")
    variables = [{"key": "A", "value": "1"}, {"key": "S", "value": "x", "is_secret": True}]
    assert program.patch(at(deployment, "variables"), {"set": variables}).status_code == 200
    assert program.put(at(deployment, "alert-emails"), {"alert_emails": ["a@example.com"]}).status_code == 200
    for _ in range(2):
        assert program.post(at(deployment, "deploys"), files(), kind="application/x-tar").status_code == 201


def aim(case, own, other) -> bool:
    """Have the address name something that is there, one's own or another's; whether it is another's."""
    named: dict[str, Any] = case.path_parameters or {}
    component = case.meta.components.get(ParameterLocation.PATH)
    if "deployment" not in named or (component and component.mode.is_negative):
        return False
    # Every third, and the same one whenever the case is tried again.
    generated = repr((named, case.query, case.body)).encode("utf-8", "replace")
    deployment = own if crc32(generated) % 3 else other
    named["deployment"] = deployment.pk
    if "deploy" in named:
        named["deploy"] = Deploy.objects.filter(deployment=deployment).order_by("created_at").first().pk
    if "queue" in named:
        named["queue"] = "default"
    return deployment is other


def rows_of(other):
    """Everything that is not the token's: rows of the other Deployment, memberships, and what was said of it."""
    mine = {"deployment": other.pk}
    return [
        list(Deployment.objects.filter(pk=other.pk).values()),
        *(
            list(model.objects.filter(**mine).order_by("pk").values())
            for model in (EnvironmentVariable, WorkerQueue, Deploy)
        ),
        list(Membership.objects.order_by("pk").values()),
        list(Workspace.objects.order_by("pk").values()),
        AuditEvent.objects.filter(deployment=other.pk).count(),
    ]
