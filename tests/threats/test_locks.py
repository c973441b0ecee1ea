"""Two changes that must not both go by what they have read: each waits for the other, or finds what it has done.

Each test holds the first at the place where it has read and not yet written, until the second is there too or a
moment has passed. Where locks are right the second cannot get there.
"""

import threading
from contextlib import suppress
from functools import partial

import pytest

from apikeys import keys, leaks
from apikeys.models import ApiKey
from apikeys.models.signing_key import SigningKey, State
from apikeys.tokens import signing_keys
from cloudui.web.principal import Origin, system_principal
from deployments import service
from deployments.admin import DeploymentAdmin
from deployments.models import Deployment
from tests.admin.forms import fill
from tests.deployments.helpers import signed_in
from tests.factories import (
    create_api_key,
    create_deployment,
    create_member,
    create_owner,
    create_user,
    create_workspace,
)
from tests.threats.at_once import at_once
from workspaces.admin import people
from workspaces.models import AuditEvent, Role, User
from workspaces.principals import principal_for

pytestmark = pytest.mark.django_db(transaction=True)

PAUSE_SECONDS = 1.0
SYSTEM = system_principal("test")


@pytest.fixture
def meet(monkeypatch):
    """Have functions wait, once they have their answer, until two threads have one or a moment has passed."""

    def meet(*places):
        both = threading.Barrier(2)

        def together(function):
            def answer(*arguments, **named):
                found = function(*arguments, **named)
                with suppress(threading.BrokenBarrierError):
                    both.wait(timeout=PAUSE_SECONDS)
                return found

            return answer

        for place, name in places:
            monkeypatch.setattr(place, name, together(getattr(place, name)))

    return meet


@pytest.fixture
def operators():
    return [signed_in(create_user(is_staff=True, is_superuser=True)) for _ in range(2)]


@pytest.mark.threat("T-W12")
@pytest.mark.parametrize("change", [{"organization_role": "member"}, {"is_active": None}])
def test_two_owners_do_not_leave_at_once(meet, operators, change):
    owners = [create_owner() for _ in range(2)]
    create_workspace()
    pages = [f"/admin/workspaces/user/{owner.pk}/change/" for owner in owners]
    forms = [fill(operator.get(page), **change) for operator, page in zip(operators, pages, strict=True)]
    meet((people, "require_replaceable"))

    ways = zip(operators, pages, forms, strict=True)
    answers = at_once([partial(operator.post, page, form) for operator, page, form in ways])

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert User.objects.owners().count() == 1


@pytest.mark.threat("T-J7")
def test_two_rotations_at_once_are_two_rotations(meet):
    signing_keys.keys()
    before = set(SigningKey.objects.values_list("kid", flat=True))
    meet((signing_keys, "_locked_rows"))

    rotated = at_once([partial(signing_keys.rotate, SYSTEM, at_once=True)] * 2)

    states = dict(SigningKey.objects.values_list("kid", "state"))
    assert sorted(states.values()) == sorted([State.CURRENT, State.NEXT, State.RETIRED, State.RETIRED])
    assert before <= states.keys()
    assert len({row.kid for row in rotated}) == 2
    assert AuditEvent.objects.filter(operation="rotateSigningKey").count() == 2


@pytest.mark.threat("T-J7")
def test_a_key_that_is_burnt_while_another_is_rotated_is_gone(meet):
    kid = signing_keys.keys().kid
    meet((signing_keys, "_locked_rows"))

    at_once([partial(signing_keys.rotate, SYSTEM, at_once=True), partial(signing_keys.burn, SYSTEM, kid)])

    states = dict(SigningKey.objects.values_list("kid", "state"))
    assert kid not in states
    assert sorted(state for state in states.values() if state != State.RETIRED) == sorted(
        [State.CURRENT, State.NEXT]
    )


@pytest.mark.threat("T-L1")
def test_a_report_of_a_leak_beside_enabling_is_not_lost(meet):
    deployment = create_deployment()
    admin = principal_for(create_member(workspace=deployment.workspace, role=Role.ADMIN))
    issued = create_api_key(deployment)
    keys.disable_key(admin, issued.key)
    generation = ApiKey.objects.get().generation
    meet((leaks, "lock_key"), (keys, "_enable"))

    at_once(
        [
            partial(leaks.report, issued.secret, origin=Origin(address="203.0.113.9")),
            partial(keys.enable_key, admin, issued.key),
        ]
    )

    operations = list(
        AuditEvent.objects.filter(target=issued.key.pk)
        .exclude(operation="tokenRefused")
        .order_by("at", "pk")
        .values_list("operation", flat=True)
    )[-2:]
    key = ApiKey.objects.get()
    # Whichever came last decided, and the log says so.
    if key.is_enabled:
        assert operations == ["reportLeakedSecret", "enableDeploymentApiKey"]
        assert key.generation == generation + 1
    else:
        assert operations == ["enableDeploymentApiKey", "disableDeploymentApiKey"]
        assert key.generation == generation + 2


@pytest.mark.threat("T-L2")
@pytest.mark.parametrize("what", ["the Deployment", "its key"])
def test_an_operators_change_beside_a_deletion_of_the_deployment_brings_nothing_back(meet, operators, what):
    deployment = create_deployment()
    editor = principal_for(create_member(workspace=deployment.workspace, role=Role.EDITOR))
    key = create_api_key(deployment).key
    operator = operators[0]
    if what == "its key":
        reads: tuple[object, str] = (keys, "lock_key")
        url = "/admin/apikeys/apikey/"
        form = {
            "action": "disable",
            "_selected_action": [key.pk],
            "confirm": "yes",
            "reason": "found in a log",
        }
    else:
        reads = (DeploymentAdmin, "get_object")
        url = f"/admin/deployments/deployment/{deployment.pk}/change/"
        form = fill(operator.get(url), airflow_url="https://airflow.example.com")
    operator.get(url)  # the first request of a process takes longer than a moment
    operator.raise_request_exception = False
    meet(reads, (service, "delete_after_commit"))

    changed, deleted = at_once(
        [partial(operator.post, url, form), partial(service.delete_deployment, editor, deployment)]
    )

    assert deleted == 1
    assert changed.status_code in {302, 404}
    assert not Deployment.objects.filter(pk=deployment.pk).exists()
    assert not ApiKey.objects.exists()
