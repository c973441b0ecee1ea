"""The Overview says what needs attention, to each person what that person may do something about."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys.key_secrets import confirm_secret
from apikeys.keys import disable_key
from apikeys.models import ApiKey
from cloudui.web import attention
from deployments.models import Airflow, Deploy, Ground, Status
from tests.deployments.helpers import HX, page, signed_in, text
from tests.factories import (
    create_api_key,
    create_deploy,
    create_deployment,
    create_member,
    create_owner,
    create_workspace,
)
from workspaces.models import Role
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=100)


def shown(response):
    """The state and the name of each thing, in order."""
    rows = page(response).select(".needs__row")
    return [(row.select_one(".badge").get_text(), row.select_one("a").get_text()) for row in rows]


def confirmed(deployment, name, **changes):
    """A key whose secret was saved, with other columns as they are given."""
    issued = create_api_key(deployment, name=name)
    admin = create_member(workspace=deployment.workspace, role=Role.ADMIN)
    confirm_secret(principal_for(admin), issued.key, number=1)
    ApiKey.objects.filter(pk=issued.key.pk).update(**changes)
    return issued.key


@pytest.fixture
def deployment():
    return create_deployment(name="Production", workspace=create_workspace(name="Data Engineering"))


@pytest.fixture
def as_owner():
    return signed_in(create_owner())


@pytest.fixture
def troubled(deployment):
    """A Deployment with one of everything, and with things that need nobody."""
    deployment.status = Status.UNHEALTHY
    deployment.save(update_fields=["status"])
    Airflow.objects.create(
        deployment=deployment, ground=Ground.CONNECTED, reason="Its scheduler has stopped.\nTraceback ..."
    )
    create_deploy(deployment)
    create_deploy(deployment, status="FAILED", reason="The archive is damaged.")
    confirmed(deployment, "refused", last_used_at=timezone.now(), last_refused_at=timezone.now())
    create_api_key(deployment, name="unconfirmed")
    confirmed(deployment, "old", last_used_at=LONG_AGO, created_at=LONG_AGO)
    confirmed(deployment, "never used", created_at=LONG_AGO)
    confirmed(deployment, "in use", last_used_at=timezone.now(), created_at=LONG_AGO)
    off = create_api_key(deployment, name="disabled").key
    disable_key(principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN)), off)
    return deployment


UNHEALTHY = ("Unhealthy", "Production")
FAILED = ("Deploy failed", "Production")
KEYS = [
    ("Refused lately", "refused"),
    ("Not confirmed", "unconfirmed"),
    ("Unused for 90 days", "old"),
    ("Unused for 90 days", "never used"),
]


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("as_owner", [UNHEALTHY, FAILED, *KEYS]),
        ("as_admin", [UNHEALTHY, FAILED, *KEYS]),
        ("as_editor", [UNHEALTHY, FAILED]),
        ("as_member", [UNHEALTHY]),
        ("as_stranger", []),
    ],
)
def test_each_person_sees_what_they_may_put_right(request, who, what, troubled):
    assert sorted(shown(request.getfixturevalue(who).get("/"))) == sorted(what)


def test_where_and_why_is_said_and_the_links_lead_there(as_admin, troubled):
    response = as_admin.get("/")

    assert "The archive is damaged." in text(response)
    assert "Its scheduler has stopped." in text(response)
    assert "Traceback" not in text(response)
    assert "in Production, Data Engineering" in text(response)
    for link in page(response).select(".needs__link"):
        assert as_admin.get(link["href"], follow=True).status_code == 200


def test_a_deploy_that_failed_before_another_one_is_over(as_admin, deployment):
    create_deploy(deployment, status="FAILED")
    create_deploy(deployment)

    assert shown(as_admin.get("/")) == []


def test_what_failed_long_ago_is_over(as_admin, deployment):
    create_deploy(deployment, status="FAILED")
    Deploy.objects.update(created_at=LONG_AGO)

    assert shown(as_admin.get("/")) == []


def test_without_anything_there_is_no_section_and_no_welcome(as_admin, deployment):
    response = as_admin.get("/")

    assert not page(response).select(".needs")
    assert "Welcome" not in text(response)


def test_a_fragment_asks_for_none_of_it(as_admin, troubled):
    assert shown(as_admin.get("/", headers=HX)) == []


def test_it_costs_the_same_however_much_there_is_and_says_that_there_is_more():
    owner = signed_in(create_owner())
    costs = []
    for number in (1, attention.MOST + 1):
        for _ in range(number):
            deployment = create_deployment(status=Status.UNHEALTHY)
            create_deploy(deployment, status="FAILED")
            create_api_key(deployment)
        owner.get("/")
        with CaptureQueriesContext(connection) as queries:
            owner.get("/")
        costs.append(len(queries))

    assert costs[0] == costs[1]
    response = owner.get("/")
    assert len(shown(response)) == 3 * attention.MOST
    assert b"There is more of some of these" in response.content
