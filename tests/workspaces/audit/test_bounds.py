"""What one event may hold: as much as people type, and never more, whatever it is given."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudui.web.principal import system_principal
from workspaces import audit
from workspaces.audit.bounds import MOST_BYTES, bounded

pytestmark = pytest.mark.threat("T-L7")

TEXTS = st.builds(str.__mul__, st.text(min_size=1, max_size=2), st.integers(0, 300))
LISTS = st.builds(lambda part, times: [part] * times, TEXTS, st.integers(0, 100))
VALUES = st.integers() | TEXTS | LISTS | st.dictionaries(st.text(max_size=9), TEXTS | LISTS, max_size=3)


def size(values):
    return len(json.dumps(values))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "A", "before": {"name": "B"}, "count": 3, "is": True, "none": None},
        {"description": "x" * 500, "before": {"description": "ж" * 500}},
        {"variables": [{"key": f"V{number}"} for number in range(50)]},
    ],
)
def test_what_fits_stays_as_it_is(values):
    assert bounded(values) == values


@pytest.mark.parametrize(
    ("values", "kept", "cut"),
    [
        ({"keys": [f"KEY_{n:050}" for n in range(500)]}, 50, {"keys": 450}),
        ({"keys": ["K" * 255] * 500}, 20, {"keys": 480, "keys[]": 20 * 155}),
    ],
)
def test_a_long_list_is_cut_and_says_how_many_more_there_were(values, kept, cut):
    shorter = bounded(values)

    assert len(shorter["keys"]) == kept
    assert shorter["cut"] == cut
    assert size(shorter) <= MOST_BYTES


def test_a_long_text_is_cut_and_says_how_much_more_there_was():
    shorter = bounded({"name": "A", "text": "😀" * 500, "before": {"text": "😀" * 500}})

    assert shorter["name"] == "A"
    assert shorter["text"] == shorter["before"]["text"] == "😀" * 200 + "…"
    assert shorter["cut"] == {"text": 300, "before.text": 300}


@pytest.mark.parametrize(
    "values",
    [
        {str(number): number for number in range(10_000)},
        {"a": {str(number): "x" for number in range(10_000)}},
        {"a": [[["x" * 1000] * 100] * 100] * 10},
        {"a" * 10_000: "b"},
    ],
)
def test_what_cannot_be_cut_is_left_out_and_says_so(values):
    assert size(bounded(values)) <= MOST_BYTES
    assert "cut" in bounded(values)


def test_what_is_no_json_is_written_as_text():
    assert bounded({"a": {1}}) == {"a": "{1}"}


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=9), VALUES, max_size=5))
def test_nothing_is_too_much(values):
    assert size(bounded(values)) <= MOST_BYTES


@pytest.mark.django_db
def test_every_event_goes_through_it():
    event = audit.record(system_principal("tests"), "test", input={"keys": ["K" * 255] * 500})

    event.refresh_from_db()
    assert size(event.input) <= MOST_BYTES
    assert event.input["cut"]["keys"] == 480
