"""The interface of the client of today, asked whatever its document allows and much that it does not.

The document is made here: programs of others use our own interface. It never breaks, answers failures with a sentence,
and reaches nothing that the token may not.
"""

import json
from zlib import crc32

import pytest
import schemathesis
from django.conf import settings as product
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from apikeys.astro.v1.urls import api
from tests.clients.test_schemathesis import connection_stays, fill, rows_of
from tests.deployments.deploys.programs import of_key, of_role
from tests.factories import create_deployment, create_workspace
from workspaces.models import Role

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L5")]

# What each operation may answer besides success; the client prints the message.
FAILURES = ("400", "401", "403", "404", "405", "409", "411", "413", "415", "422", "503")
FAILURE = {
    "type": "object",
    "required": ["message", "requestId", "statusCode"],
    "additionalProperties": False,
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "requestId": {"const": ""},
        "statusCode": {"type": "integer"},
    },
}


def described():
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/v1")))
    for operations in document["paths"].values():
        for operation in operations.values():
            failure = {"description": "Refused", "content": {"application/json": {"schema": FAILURE}}}
            operation["responses"] |= dict.fromkeys(FAILURES, failure)
    return document


load_all_checks()
schema = schemathesis.openapi.from_dict(described())
schema.app = get_wsgi_application()
schema.config.generation.with_security_parameters = False
schema.config.generation.allow_extra_parameters = False

# A document cannot say which names are taken; and what is unknown in a body is passed over, as each version of the
# client sends something more.
NOT_PROMISED = [positive_data_acceptance, negative_data_rejection, unsupported_method]


@pytest.fixture(autouse=True)
def _dags(settings, tmp_path):
    settings.DAGS_ROOT = tmp_path


@pytest.fixture
def own():
    deployment = create_deployment(workspace=create_workspace(name="Home"), name="Production")
    fill(deployment)
    return deployment


@pytest.fixture
def other():
    """A Deployment that the token is not for, and that nothing here changes."""
    deployment = create_deployment(workspace=create_workspace(name="Elsewhere"), name="Foreign")
    fill(deployment)
    before = rows_of(deployment)[:-1]
    yield deployment
    after = rows_of(deployment)[:-1]
    # Workspaces and members of one's own may change.
    assert after[:4] == before[:4]


@pytest.fixture(params=["key", "person"])
def program(request, own):
    return of_key(own) if request.param == "key" else of_role(own, Role.ADMIN)


@schema.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_it_never_breaks_and_reaches_nothing_of_others(case, program, own, other):
    is_foreign = aim(case, own, other)
    with connection_stays():
        response = case.call_and_validate(
            headers={"Authorization": program.authorization}, excluded_checks=NOT_PROMISED
        )

    if is_foreign:
        assert response.status_code >= 400
    assert other.pk not in response.text
    assert other.workspace_id not in response.text


def aim(case, own, other) -> bool:
    """Have the address name what is there, one's own or another's; whether it is another's."""
    named = case.path_parameters or {}
    component = case.meta.components.get(ParameterLocation.PATH)
    if "organization" not in named or (component and component.mode.is_negative):
        return False
    named["organization"] = product.ORGANIZATION_ID
    # Every third, and the same one whenever the case is tried again.
    deployment = own if crc32(repr((named, case.query, case.body)).encode("utf-8", "replace")) % 3 else other
    if "deployment" in named:
        named["deployment"] = deployment.pk
    if "workspace" in named:
        named["workspace"] = deployment.workspace_id
    return deployment is other and bool({"deployment", "workspace"} & named.keys())
