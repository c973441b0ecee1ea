"""What a Deployment file changes: said before, done in one transaction, and nothing else."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from cloudui.web.versions import StaleEdit
from deployments.access import deployment_to_view
from deployments.deployment_file.apply import apply, examine
from deployments.deployment_file.diff import preview
from deployments.deployment_file.problems import InvalidDeploymentFile
from deployments.deployment_file.render import render
from deployments.deployment_file.validation import parse
from deployments.details.alert_emails import set_alert_emails
from deployments.details.service import update_deployment
from deployments.models import Deployment, EnvironmentVariable, Executor
from deployments.queues.service import QueueInput, list_queues, replace_queues
from deployments.variables.service import VariableInput, list_variables, read_value, save_variables
from deployments.versions import state_of
from tests.deployments.deployment_file.files import fill, refusal, said
from tests.factories import create_deployment, create_member
from tests.house.tables import dump
from workspaces.models import AuditEvent, Membership, Role
from workspaces.principals import principal_for


@pytest.fixture
def seen(deployment, principal):
    return fill(deployment, principal)


EVERYTHING = """\
environment_variables:
  - {key: LEVEL, value: debug}
  - {key: PASSWORD, is_secret: true, value: renewed}
  - {key: NEW, value: a}
  - {key: NEW_SECRET, is_secret: true, value: b}
configuration:
  name: Live
  description: ""
  dag_deploy_enabled: false
  ci_cd_enforcement: true
  scheduler_au: 10
  scheduler_count: 2
worker_queues:
  - {name: default, worker_type: small, min_worker_count: 1, max_worker_count: 4, worker_concurrency: 8}
  - {name: light, worker_type: small}
alert_emails: [other@example.com]
"""


def test_every_change_is_said_and_then_done(seen, principal):
    examined = examine(principal, seen, EVERYTHING)

    assert said(examined.changes) == [
        ("environment_variables", "LEVEL", "changed", "info", "debug"),
        ("environment_variables", "NEW", "added", "", "a"),
        ("environment_variables", "NEW_SECRET", "added", "", "Secret"),
        ("environment_variables", "OLD", "deleted", "gone", ""),
        ("environment_variables", "PASSWORD", "changed", "Secret", "New value"),
        ("configuration", "Name", "changed", "Production", "Live"),
        ("configuration", "DAG deploys", "changed", "On", "Off"),
        ("configuration", "CI/CD Enforcement", "changed", "Off", "On"),
        ("configuration", "Scheduler resources", "changed", "5 AU (0.5 CPU, 1.88 GiB)", "10 AU (1 CPU, 3.75 GiB)"),
        ("configuration", "Scheduler count", "changed", "1", "2"),
        ("worker_queues", "default", "changed", "small, 0 to 10 workers, 16 tasks each", "small, 1 to 4 workers, 8 tasks each"),
        ("worker_queues", "heavy", "deleted", "small, 1 to 2 workers, 4 tasks each", ""),
        ("worker_queues", "light", "added", "", "small, 0 to 10 workers, 16 tasks each"),
        ("alert_emails", "team@example.com", "deleted", "", ""),
        ("alert_emails", "other@example.com", "added", "", ""),
    ]  # fmt: skip

    assert apply(principal, seen, examined.file, state=examined.state) == examined.changes

    now = deployment_to_view(principal, None, seen.pk)
    assert (now.name, now.dag_deploys_enabled, now.ci_cd_enforced) == ("Live", False, True)
    assert (now.scheduler_au, now.scheduler_replicas, now.alert_emails) == (10, 2, ["other@example.com"])
    assert [queue.name for queue in list_queues(now)] == ["default", "light"]
    values = {row.key: read_value(row) for row in EnvironmentVariable.objects.of(now)}
    assert values == {"LEVEL": "debug", "NEW": "a", "NEW_SECRET": "b", "PASSWORD": "renewed"}
    assert preview(now, parse(render(now))) == []


def test_each_section_writes_its_own_event_by_whoever_applied(seen, principal):
    before = AuditEvent.objects.count()

    apply(principal, seen, parse(EVERYTHING))

    events = list(AuditEvent.objects.order_by("pk")[before:])
    assert [event.operation for event in events] == [
        "updateDeployment",
        "deleteWorkerQueue",
        "updateWorkerQueue",
        "createWorkerQueue",
        "updateDeploymentVariables",
        "updateDeploymentAlerts",
    ]
    assert {event.subject_id for event in events} == {principal.id}
    assert "renewed" not in repr([event.input for event in events])


def test_a_preview_writes_nothing(seen, principal):
    before = dump()

    examine(principal, seen, EVERYTHING)
    refusal(principal, seen, EVERYTHING.replace("name: light", "name: LIGHT"))

    assert dump() == before


def test_what_is_absent_is_left_alone(seen, principal):
    before = dump(besides=("workspaces_auditevent",))

    for text in (
        "configuration: {}",
        "metadata: {anything: 1}",
        render(seen),
        render(seen, file_format="json"),
    ):
        assert apply(principal, seen, parse(text)) == []

    assert dump(besides=("workspaces_auditevent",)) == before


def test_lists_that_are_there_are_everything_there_is(seen, principal):
    changes = apply(principal, seen, parse("environment_variables: []\nalert_emails: []\n"))

    assert {(change.what, change.is_destructive) for change in changes} == {
        ("LEVEL", True),
        ("OLD", True),
        ("PASSWORD", True),
        ("team@example.com", True),
    }
    now = deployment_to_view(principal, None, seen.pk)
    assert (list_variables(now), now.alert_emails) == ([], [])


def test_a_secret_with_an_empty_value_keeps_the_stored_one(seen, principal):
    text = "environment_variables:\n  - {key: PASSWORD, is_secret: true, value: ''}\n  - {key: LEVEL, is_secret: true}\n"

    changes = apply(principal, seen, parse(text))

    assert said(changes) == [
        ("environment_variables", "LEVEL", "changed", "info", "Secret"),
        ("environment_variables", "OLD", "deleted", "gone", ""),
    ]
    values = {row.key: read_value(row) for row in EnvironmentVariable.objects.of(seen)}
    assert values == {"PASSWORD": "stored", "LEVEL": "info"}


def test_a_guess_of_a_secret_is_never_confirmed(seen, principal):
    text = "environment_variables:\n- {{key: PASSWORD, is_secret: true, value: {}}}\n- {{key: LEVEL, value: info}}\n- {{key: OLD, value: gone}}\n"

    right, wrong = (said(preview(seen, parse(text.format(guess)))) for guess in ("stored", "guessed"))

    assert right == wrong == [("environment_variables", "PASSWORD", "changed", "Secret", "New value")]


def test_what_was_previewed_is_what_is_applied(seen, principal):
    examined = examine(principal, seen, EVERYTHING)
    for change in (
        lambda: update_deployment(principal, seen, description="Changed"),
        lambda: save_variables(principal, seen, [VariableInput("PASSWORD", "other", is_secret=True)]),
        lambda: set_alert_emails(principal, seen, []),
        lambda: replace_queues(principal, seen, [QueueInput("default", "small", 0, 9, 16)]),
    ):
        state = state_of(Deployment.objects.get(pk=seen.pk))
        change()
        with pytest.raises(StaleEdit):
            apply(principal, seen, examined.file, state=state)

    assert Deployment.objects.get(pk=seen.pk).name == "Production"


def test_all_or_nothing(seen, principal):
    create_deployment(workspace=seen.workspace, name="LIVE")
    before = dump()

    with pytest.raises(InvalidDeploymentFile):
        apply(principal, seen, parse(EVERYTHING))

    assert dump() == before


def test_kubernetes_takes_the_queues_with_it(seen, principal):
    text = "configuration: {executor: KubernetesExecutor}\nworker_queues: [{name: default, worker_type: small}]\n"

    changes = apply(principal, seen, parse(text))

    assert [(change.what, str(change.how)) for change in changes] == [
        ("Executor", "changed"),
        ("default", "deleted"),
        ("heavy", "deleted"),
    ]
    now = deployment_to_view(principal, None, seen.pk)
    assert (now.executor, now.worker_queue_count) == (Executor.KUBERNETES, 0)
    assert "worker_queues" not in render(now)


def test_celery_comes_with_its_default_queue_or_with_those_of_the_file(seen, principal):
    update_deployment(principal, seen, executor=Executor.KUBERNETES)
    now = deployment_to_view(principal, None, seen.pk)
    alone = "configuration: {executor: CeleryExecutor}\n"
    both = "worker_queues: [{name: default, worker_type: small}, {name: b, worker_type: small}]\n"

    assert [change.what for change in examine(principal, now, alone).changes] == ["Executor", "default"]
    changes = apply(principal, now, parse(alone + both))

    assert [change.what for change in changes] == ["Executor", "default", "b"]
    assert [queue.name for queue in list_queues(now)] == ["default", "b"]


def test_rights_are_decided_again(seen, principal, editor):
    member = create_member(workspace=seen.workspace)
    with pytest.raises(PermissionDenied):
        examine(principal_for(member), seen, EVERYTHING)
    Membership.objects.filter(user=editor).update(role=Role.MEMBER)
    with pytest.raises(PermissionDenied):
        apply(principal, seen, parse(EVERYTHING))
    Membership.objects.filter(user=editor).delete()
    with pytest.raises(Http404):
        apply(principal, seen, parse(EVERYTHING))
