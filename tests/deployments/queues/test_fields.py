"""A field of a worker queue is known everywhere: what is missing where is named here."""

from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from apikeys.astro.changes import QueueChange
from apikeys.astro.graphql.executable import FOLDER
from apikeys.astro.graphql.resolvers import ALIASES
from apikeys.astro.v1 import deployment_schemas as of_today
from deployments.deployment_file.schema import Queue
from deployments.models import WorkerQueue
from deployments.queues.fields import NUMBERS, QueueInput
from deployments.queues.forms import CreateForm, EditForm
from deployments.queues.schemas import QueueChanges, QueueNew, QueueShown
from tests.deployments.helpers import page, text, url
from tests.deployments.queues.facts import HEAVY

FIELDS = {field.name for field in fields(QueueInput)}
NUMBERS_OF_CLIENT = {number.client_name: field for field, number in NUMBERS.items()}


@pytest.mark.parametrize(
    ("known", "missing"),
    [
        (CreateForm.base_fields, set()),
        (EditForm.base_fields, {"name"}),
        (QueueNew.model_fields, set()),
        (QueueChanges.model_fields, {"name"}),
        (QueueShown.model_fields, set()),
        (dir(WorkerQueue), set()),
    ],
    ids=["create", "edit", "POST", "PATCH", "GET", "row"],
)
def test_every_face_knows_each_field(known, missing):
    assert FIELDS - set(known) == missing


def test_the_client_knows_each_number():
    assert set(Queue.model_fields) >= {"name", "worker_type", *NUMBERS_OF_CLIENT}
    graphql = {to_camel(name): field for name, field in NUMBERS_OF_CLIENT.items()}
    assert ALIASES["WorkerQueue"] == graphql
    described = (FOLDER / "schema.graphql").read_text().partition("type WorkerQueue {")[2].partition("}")[0]
    assert [name for name in graphql if f" {name}: Int!" not in described] == []
    assert set(NUMBERS_OF_CLIENT) <= set(of_today.QueueShown.model_fields) & set(
        of_today.QueueSent.model_fields
    )
    assert FIELDS - {"worker_type"} <= {field.name for field in fields(QueueChange)}


@pytest.mark.parametrize("field", sorted(FIELDS - {"worker_type"}))
def test_a_change_of_it_is_seen_by_people(field):
    other: Any = 3 if field in NUMBERS else "other"
    changed = replace(HEAVY, **{field: other})

    assert (str(changed) != str(HEAVY)) == (field != "name")
    assert changed.to_event() != HEAVY.to_event()
    assert changed.to_file() != HEAVY.to_file()


def test_the_pages_show_each(as_editor, deployment, heavy):
    edit = as_editor.get(f"{url('deployments:queues', deployment)}/{heavy.name}/edit")
    row = text(as_editor.get(url("deployments:queues", deployment)))

    inputs = {str(field["name"]) for field in page(edit).select("#main form[data-dirty] [name]")}
    assert inputs >= FIELDS - {"name"} | {"version"}
    assert [value for value in asdict(HEAVY).values() if str(value) not in row] == []


@pytest.mark.parametrize(
    ("most", "limits", "default"),
    [
        (5, {"min_workers": (0, 5), "max_workers": (1, 5), "concurrency": (1, 64)}, (0, 5, 16)),
        (40_000, {"min_workers": (0, 10), "max_workers": (1, 32_767), "concurrency": (1, 64)}, (0, 10, 16)),
    ],
)
def test_limits_follow_the_node_pool(large, most, limits, default):
    large.max_workers = most

    assert {name: number.limits(large) for name, number in NUMBERS.items()} == limits
    assert tuple(number.default_for(large) for number in NUMBERS.values()) == default
    completed = QueueInput.complete(large, name="a", worker_type="large", max_workers=0, concurrency=None)
    assert completed == QueueInput("a", "large", *default)
