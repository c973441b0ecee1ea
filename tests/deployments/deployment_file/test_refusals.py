"""What a Deployment or its services refuse of a file is named by line and field, and nothing is changed."""

import time

import pytest
from django.http import Http404

from cloudui.web.principal import Kind, Principal
from deployments.deployment_file.apply import apply
from deployments.deployment_file.validation import parse
from deployments.details.service import update_deployment
from deployments.models import Deployment
from tests.deployments.deployment_file.files import fill, refusal
from tests.factories import create_deployment


@pytest.fixture
def seen(deployment, principal):
    return fill(deployment, principal)


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


def test_kubernetes_has_no_other_queue(seen, principal):
    text = "configuration: {executor: KubernetesExecutor}\nworker_queues:\n  - {name: heavy, worker_type: small}\n"

    [(line, field, message, _)] = refusal(principal, seen, text)

    assert (line, field) == (3, "worker_queues[0].name")
    assert message == "The Kubernetes executor has no worker queues."


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


def test_thousands_of_addresses_are_refused_quickly(deployment, principal):
    text = f"alert_emails: [{','.join(f'a{number}@example.com' for number in range(9_000))}]"
    begun = time.process_time()

    found = refusal(principal, deployment, text)

    assert [message for *_, message, _ in found] == [
        "A Deployment has at most 50 alert e-mails; these are 9000."
    ]
    assert time.process_time() - begun < 10
