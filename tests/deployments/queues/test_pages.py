"""The Worker Queues tab: who sees and changes what, what may be typed, and what each page answers."""

import json

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from deployments.models import NodePool, WorkerQueue
from deployments.queues.service import QueueInput
from tests.deployments.helpers import HX, field_error, one, page, text, url
from tests.factories import create_node_pool, create_queue
from workspaces.models import AuditEvent

WANTED = {
    "name": "heavy-tasks",
    "worker_type": "large",
    "min_workers": "1",
    "max_workers": "5",
    "concurrency": "4",
}


@pytest.fixture
def large(deployment):
    return create_node_pool(deployment.cluster, worker_type="large", cpu=4, memory_gib=8, max_workers=5)


@pytest.fixture
def heavy(deployment, large):
    return create_queue(deployment, name="heavy-tasks", node_pool=large, max_workers=5)


@pytest.fixture
def version(heavy):
    return {**WANTED, "version": heavy.version}


def list_url(deployment):
    return url("deployments:queues", deployment)


def create_url(deployment):
    return url("deployments:queue_create", deployment)


def queue_url(verb, deployment, name="heavy-tasks"):
    return f"{list_url(deployment)}/{name}/{verb}"


def rows(response):
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]
        for row in page(response).select("#queue-list tbody tr")
    ]


def names(deployment):
    return [queue.name for queue in WorkerQueue.objects.of(deployment)]


@pytest.mark.parametrize("client", ["as_member", "as_editor", "as_admin", "as_owner"])
def test_every_member_sees_the_queues(request, client, deployment, heavy):
    response = request.getfixturevalue(client).get(list_url(deployment))

    assert [row[:4] for row in rows(response)] == [
        ["default", "small (1 CPU, 2 GiB)", "16", "0-10"],
        ["heavy-tasks", "large (4 CPU, 8 GiB)", "16", "0-5"],
    ]
    assert one(response, "#queues-heading").get_text() == "2 Worker Queues"
    assert one(response, ".tabs [aria-current]").get_text(" ", strip=True) == "Worker Queues 2"
    assert one(response, "#queue-default [data-copy-text]")["aria-label"] == "Copy default"


def test_a_member_sees_no_buttons(as_member, deployment, heavy):
    response = as_member.get(list_url(deployment))

    assert page(response).select("#queue-list :is(.section__actions, td) a") == []


def test_an_editor_sees_them_and_never_one_that_deletes_the_default(as_editor, deployment, heavy):
    response = as_editor.get(list_url(deployment))

    assert one(response, "#queue-list .section__actions a")["href"] == create_url(deployment)
    links = [link["href"] for link in page(response).select("#queue-list td a")]
    assert links == [
        queue_url("edit", deployment, "default"),
        queue_url("delete", deployment),
        queue_url("edit", deployment),
    ]


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
def test_a_queue_is_made_changed_and_deleted(request, client, deployment, large):
    client = request.getfixturevalue(client)

    made = client.post(create_url(deployment), WANTED, follow=True)
    assertRedirects(made, list_url(deployment))
    assertContains(made, "Worker queue heavy-tasks was created.")
    assert rows(made)[1][:4] == ["heavy-tasks", "large (4 CPU, 8 GiB)", "4", "1-5"]

    version = WorkerQueue.objects.get(name="heavy-tasks").version
    edited = {**WANTED, "worker_type": "small", "max_workers": "9", "version": version}
    changed = client.post(queue_url("edit", deployment), edited, follow=True)
    assertContains(changed, "Worker queue heavy-tasks was updated.")
    assert rows(changed)[1][:4] == ["heavy-tasks", "small (1 CPU, 2 GiB)", "4", "1-9"]

    gone = client.post(queue_url("delete", deployment), {"word": "Delete heavy-tasks"}, follow=True)
    assertRedirects(gone, list_url(deployment))
    assertContains(gone, "Worker queue heavy-tasks was deleted.")
    assert names(deployment) == ["default"]


def test_htmx_closes_the_dialog_and_tells_the_list(as_editor, deployment, large):
    response = as_editor.post(create_url(deployment), WANTED, headers=HX)

    assert response.status_code == 200
    assert json.loads(response.headers["HX-Trigger"]) == {
        "dialog:close": {},
        "deployments:changed": {"focus": "queue-heavy-tasks"},
    }
    assert "Worker queue heavy-tasks was created." in text(response)


@pytest.mark.parametrize(
    ("verb", "fragment"),
    [
        ("new", "queues/create.html#dialog"),
        ("heavy-tasks/edit", "queues/edit.html#dialog"),
        ("heavy-tasks/delete", "queues/delete.html#dialog"),
        ("", "queues/index.html#queue-list"),
    ],
)
def test_htmx_gets_the_part_alone(as_editor, deployment, heavy, verb, fragment):
    address = f"{list_url(deployment)}/{verb}".rstrip("/")

    assert as_editor.get(address, headers=HX).template_name == f"deployments/{fragment}"


def test_the_form_offers_the_node_pools_with_their_sizes(as_editor, deployment, large):
    response = as_editor.get(create_url(deployment))

    assert [option.get_text() for option in page(response).select("#id_worker_type option")] == [
        "small (1 CPU, 2 GiB), up to 10 workers",
        "large (4 CPU, 8 GiB), up to 5 workers",
    ]
    assert one(response, "#id_name")["pattern"] == r"[a-z]([\-a-z]*[a-z])?"
    shown = {field: one(response, f"#id_{field}")["value"] for field in ("min_workers", "max_workers")}
    assert shown == {"min_workers": "0", "max_workers": "10"}
    assert one(response, "#id_concurrency")["max"] == "64"


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Enter a name."),
        ("name", "Heavy", "Use lower-case letters, with hyphens between them."),
        ("name", "nul\0", "Null characters are not allowed."),
        ("name", "default", "A worker queue with this name already exists in this Deployment."),
        ("worker_type", "", "Select a worker type."),
        ("worker_type", "\0", "Select one of these worker types."),
        ("min_workers", "", "Enter a number from 0 to 10."),
        ("min_workers", "-1", "Enter a number from 0 to 5."),
        ("max_workers", "6", "Enter a number from 1 to 5. The most for large is 5."),
        ("max_workers", "9" * 5000, "Enter a number from 1 to 10."),
        ("concurrency", "0", "Enter a number from 1 to 64."),
    ],
)
def test_bad_input_is_answered_beside_the_field(as_editor, deployment, large, field, value, error):
    response = as_editor.post(create_url(deployment), {**WANTED, field: value})

    assert response.status_code == 422
    assert field_error(response, field) == error
    assert one(response, f"#id_{field}")["aria-invalid"] == "true"
    assert names(deployment) == ["default"]
    assert not AuditEvent.objects.exists()


def test_an_eleventh_queue_is_refused_above_the_form(as_editor, deployment, large):
    for letter in "abcdefghi":
        create_queue(deployment, name=letter)

    response = as_editor.post(create_url(deployment), WANTED)

    assert response.status_code == 422
    assert "A Deployment can have at most 10 worker queues." in one(response, ".error-summary").get_text()


def test_an_edit_does_not_rename(as_editor, deployment, heavy, version):
    response = as_editor.get(queue_url("edit", deployment))
    assert page(response).select("#id_name") == []

    as_editor.post(queue_url("edit", deployment), {**version, "name": "other"})

    assert names(deployment) == ["default", "heavy-tasks"]


def test_an_edit_made_too_late_shows_both_and_can_be_sent_again(as_editor, deployment, heavy, version):
    NodePool.objects.filter(worker_type="large").update(max_workers=9)
    WorkerQueue.objects.filter(pk=heavy.pk).update(concurrency=7, version=2)

    late = as_editor.post(queue_url("edit", deployment), version)

    assert late.status_code == 409
    assert "with a concurrency of 7" in one(late, "[role=alert]").get_text()
    assert one(late, "#id_concurrency")["value"] == "4"
    assert WorkerQueue.objects.get(pk=heavy.pk).concurrency == 7

    again = {**version, "version": one(late, "#id_version")["value"]}
    assert as_editor.post(queue_url("edit", deployment), again).status_code == 302
    assert QueueInput.of(WorkerQueue.objects.get(pk=heavy.pk)).concurrency == 4


@pytest.mark.parametrize(
    "sent", [{}, {"version": ""}, {"version": "0"}, {"version": "x"}, {"version": "9" * 20}]
)
def test_an_edit_without_a_version_is_sent_back(as_editor, deployment, heavy, sent):
    response = as_editor.post(queue_url("edit", deployment), {**WANTED, **sent})

    assert response.status_code == 422
    assert one(response, ".error-summary").get_text(strip=True)
    assert WorkerQueue.objects.get(pk=heavy.pk).version == 1


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("", "Type Delete heavy-tasks to confirm."),
        ("Delete", "Type Delete heavy-tasks to confirm."),
        ("delete heavy-tasks", "Type Delete heavy-tasks exactly (capital D)."),
        ("Delete default", "Type Delete heavy-tasks to confirm."),
    ],
)
def test_another_word_deletes_nothing(as_editor, deployment, heavy, word, error):
    response = as_editor.post(queue_url("delete", deployment), {"word": word})

    assert response.status_code == 422
    assert field_error(response, "word") == error
    assert names(deployment) == ["default", "heavy-tasks"]


def test_the_default_queue_cannot_be_deleted(as_admin, deployment):
    address = queue_url("delete", deployment, "default")

    for response in (as_admin.get(address), as_admin.post(address, {"word": "Delete default"})):
        assert response.status_code == 403
        assert "The default queue cannot be deleted." in text(response)
    assert names(deployment) == ["default"]


def test_a_queue_that_is_not_there_is_not_found(as_admin, deployment):
    for verb in ("edit", "delete"):
        assert as_admin.get(queue_url(verb, deployment)).status_code == 404
        assert as_admin.post(queue_url(verb, deployment), {"word": "Delete heavy-tasks"}).status_code == 404
