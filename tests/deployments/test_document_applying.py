"""What a Deployment file changes: said before, done in one transaction, and nothing else."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from cloudui.web.principal import Kind, Principal
from deployments.access import deployment_to_view
from deployments.alerts import set_alert_emails
from deployments.configuration import update_deployment
from deployments.document import (
    DeploymentChanged,
    DocumentInvalid,
    apply,
    examine,
    parse,
    preview,
    render,
    state_of,
)
from deployments.models import Deployment, EnvironmentVariable, Executor
from deployments.queues import QueueWanted, list_queues, replace_queues
from deployments.variables import Wanted, list_variables, read_value, save_variables
from tests.factories import create_deployment, create_member
from tests.house.tables import dump
from workspaces.middleware import principal_for
from workspaces.models import AuditEvent, Membership, Role


@pytest.fixture
def principal(editor):
    return principal_for(editor)


@pytest.fixture
def seen(deployment, principal):
    """A Deployment with something in every section."""
    replace_queues(
        principal,
        deployment,
        [QueueWanted("default", "small", 0, 10, 16), QueueWanted("heavy", "small", 1, 2, 4)],
    )
    set_alert_emails(principal, deployment, ["team@example.com"])
    save_variables(
        principal,
        deployment,
        [Wanted("LEVEL", "info"), Wanted("OLD", "gone"), Wanted("PASSWORD", "stored", is_secret=True)],
    )
    return deployment_to_view(principal, None, deployment.pk)


def said(changes):
    return [(change.section, change.what, str(change.how), change.before, change.after) for change in changes]


def refusal(principal, deployment, text):
    with pytest.raises(DocumentInvalid) as caught:
        examine(principal, deployment, text)
    return [(each.line, each.field, each.message, each.remedy) for each in caught.value.problems]


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

    assert apply(principal, seen, examined.document, state=examined.state) == examined.changes

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

    for text in ("configuration: {}", "metadata: {anything: 1}", render(seen), render(seen, form="json")):
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
        lambda: save_variables(principal, seen, [Wanted("PASSWORD", "other", is_secret=True)]),
        lambda: set_alert_emails(principal, seen, []),
        lambda: replace_queues(principal, seen, [QueueWanted("default", "small", 0, 9, 16)]),
    ):
        state = state_of(Deployment.objects.get(pk=seen.pk))
        change()
        with pytest.raises(DeploymentChanged):
            apply(principal, seen, examined.document, state=state)

    assert Deployment.objects.get(pk=seen.pk).name == "Production"


def test_all_or_nothing(seen, principal):
    create_deployment(workspace=seen.workspace, name="LIVE")
    before = dump()

    with pytest.raises(DocumentInvalid):
        apply(principal, seen, parse(EVERYTHING))

    assert dump() == before


def test_every_service_is_asked_and_every_refusal_has_its_line(seen, principal):
    create_deployment(workspace=seen.workspace, name="taken")
    text = """\
environment_variables:
  - {key: 1A, value: a}
  - {key: PATH, value: a}
  - {key: FRESH, is_secret: true, value: ""}
  - {key: PASSWORD, value: ""}
configuration:
  name: Taken
  cluster_name: elsewhere
  workspace_name: other
  runtime_version: "1.0"
worker_queues:
  - {name: Heavy, worker_type: huge}
  - {name: small, worker_type: small, min_worker_count: 5, max_worker_count: 3}
alert_emails:
  - nobody
  - a@example.com
  - A@example.com
metadata:
  deployment_id: c000000000000000000000000
"""

    found = refusal(principal, seen, text)

    assert [(line, field) for line, field, *_ in found] == [
        (2, "environment_variables[0].key"),
        (3, "environment_variables[1].key"),
        (4, "environment_variables[2]"),
        (5, "environment_variables[3]"),
        (7, "configuration.name"),
        (8, "configuration.cluster_name"),
        (9, "configuration.workspace_name"),
        (10, "configuration.runtime_version"),
        (11, "worker_queues"),
        (12, "worker_queues[0].name"),
        (12, "worker_queues[0].worker_type"),
        (13, "worker_queues[1].min_worker_count"),
        (15, "alert_emails[0]"),
        (17, "alert_emails[2]"),
        (19, "metadata.deployment_id"),
    ]


def test_high_availability_names_its_field(seen, principal):
    [(line, field, message, remedy)] = refusal(
        principal, seen, "configuration:\n  scheduler_count: 1\n  is_high_availability: true\n"
    )

    assert (line, field) == (2, "configuration.scheduler_count")
    assert message.startswith("High Availability needs at least 2 schedulers")
    assert remedy


def test_variables_that_have_nothing_to_keep(seen, principal):
    text = "environment_variables:\n  - {key: FRESH, is_secret: true}\n  - {key: PASSWORD, value: ''}\n"

    found = refusal(principal, seen, text)

    assert [(line, field) for line, field, *_ in found] == [
        (2, "environment_variables[0]"),
        (3, "environment_variables[1]"),
    ]


def test_cluster_and_workspace_say_how_they_are_called(seen, principal):
    [(_, _, message, remedy)] = refusal(principal, seen, "configuration: {workspace_name: other}")

    assert message == "A file does not move a Deployment."
    assert remedy == "Write “Data Engineering”, or remove the line. To move it, use Transfer Deployment."


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


def test_kubernetes_has_no_other_queue(seen, principal):
    text = "configuration: {executor: KubernetesExecutor}\nworker_queues:\n  - {name: heavy, worker_type: small}\n"

    [(line, field, message, _)] = refusal(principal, seen, text)

    assert (line, field) == (3, "worker_queues[0].name")
    assert message == "The Kubernetes executor has no worker queues."


def test_celery_comes_with_its_default_queue_or_with_those_of_the_file(seen, principal):
    update_deployment(principal, seen, executor=Executor.KUBERNETES)
    now = deployment_to_view(principal, None, seen.pk)
    alone = "configuration: {executor: CeleryExecutor}\n"
    both = "worker_queues: [{name: default, worker_type: small}, {name: b, worker_type: small}]\n"

    assert [change.what for change in examine(principal, now, alone).changes] == ["Executor", "default"]
    changes = apply(principal, now, parse(alone + both))

    assert [change.what for change in changes] == ["Executor", "default", "b"]
    assert [queue.name for queue in list_queues(now)] == ["default", "b"]


def test_the_default_queue_cannot_be_left_out(seen, principal):
    for queues in ("[]", "[{name: heavy, worker_type: small}]"):
        [(line, field, message, remedy)] = refusal(principal, seen, f"worker_queues: {queues}")

        assert (line, field, message) == (1, "worker_queues", "The default queue cannot be deleted.")
        assert remedy == "List a queue named default."


class TestApiKey:
    @pytest.fixture
    def key(self, deployment):
        return Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=deployment.pk)

    def test_it_may_apply_a_file_to_its_own_deployment(self, seen, key):
        apply(key, seen, parse("configuration: {name: Live}"))

        assert Deployment.objects.get(pk=seen.pk).updated_by_name == "CI"

    def test_it_never_lowers_enforcement(self, seen, principal, key):
        update_deployment(principal, seen, ci_cd_enforced=True)
        text = "configuration:\n  name: Live\n  ci_cd_enforcement: false\n"

        [(line, field, message, _)] = refusal(key, seen, text)

        assert (line, field) == (3, "configuration.ci_cd_enforcement")
        assert message == "An API key cannot turn off CI/CD Enforcement."

    def test_another_deployment_is_not_there(self, seen, key):
        other = create_deployment(workspace=seen.workspace)

        with pytest.raises(Http404):
            apply(key, other, parse("configuration: {}"))


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
