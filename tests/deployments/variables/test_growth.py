"""Five hundred variables: pages of them, each edited by itself, and nothing else is touched."""

import pytest

from cloudui.web.paging import PAGE_SIZE
from deployments.models import EnvironmentVariable
from deployments.variables.forms import EXISTS
from deployments.variables.service import VariableInput, save_variables
from tests.deployments.helpers import HX, page, text
from tests.deployments.variables.pages import (
    delete,
    edit_url,
    fields,
    list_url,
    send,
    shown_rows,
    stored,
    type_value,
)
from tests.growth import assert_grows_little
from workspaces.principals import principal_for


@pytest.fixture
def grow(editor, deployment):
    """A function that gives the Deployment so many variables, `KEY_000` and so on; every second one is secret."""

    def grow(number):
        save_variables(
            principal_for(editor),
            deployment,
            [VariableInput(f"KEY_{n:03}", f"value {n}", n % 2 == 1) for n in range(number)],
        )

    return grow


def open_form(client, deployment, query=""):
    return fields(client.get(edit_url(deployment) + query))


@pytest.mark.parametrize("address", [list_url, edit_url])
@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "fragment"])
def test_a_page_costs_the_same_with_500_as_with_some(as_editor, deployment, grow, address, headers):
    grow(PAGE_SIZE + 1)

    assert_grows_little(lambda: as_editor.get(address(deployment), headers=headers), lambda: grow(500))


def test_every_variable_is_on_one_page_of_the_list(as_editor, deployment, grow):
    grow(60)

    keys, query = [], ""
    while True:
        document = page(as_editor.get(list_url(deployment, query)))
        keys += [cell.get_text(strip=True) for cell in document.select("#variable-rows tbody th")]
        further = document.select_one("#variable-rows a[rel=next]")
        if further is None:
            break
        query = "?" + further["href"].partition("?")[2]

    assert keys == [f"KEY_{number:03}" for number in range(60)]


def test_a_search_looks_at_all_of_them_and_counts(as_editor, deployment, grow):
    grow(200)

    found = as_editor.get(list_url(deployment, "?q=key_15"))

    assert "10 matches" in text(found)
    assert len(page(found).select("#variable-rows tbody tr")) == 10


def test_what_is_not_on_the_page_stays_as_it_is(as_editor, deployment, grow):
    grow(500)
    before = stored(deployment)
    sent = open_form(as_editor, deployment)
    assert len(sent["key"]) == PAGE_SIZE + 1
    delete(sent, "KEY_000")
    type_value(sent, "KEY_001", "typed", secret=True)
    type_value(sent, "KEY_002", "typed")

    response = send(as_editor, deployment, sent)

    assert response.status_code == 302
    del before["KEY_000"]
    assert stored(deployment) == {**before, "KEY_001": ("typed", True), "KEY_002": ("typed", False)}
    deployment.refresh_from_db()
    assert deployment.variable_count == 499


def test_the_page_that_is_open_is_the_one_that_is_edited(as_editor, deployment, grow):
    grow(60)
    second = page(as_editor.get(list_url(deployment))).select_one("#variable-rows a[rel=next]")["href"]
    listed = as_editor.get(second)

    href = page(listed).select_one("#edit-variables")["href"]
    sent = fields(as_editor.get(href))

    assert sent["key"][0] == "KEY_025"
    found = open_form(as_editor, deployment, "?q=KEY_059")
    assert found["key"] == ["KEY_059", ""]
    type_value(found, "KEY_059", "typed")
    assert send(as_editor, deployment, found).status_code == 302
    assert stored(deployment)["KEY_059"][0] == "typed"
    assert len(stored(deployment)) == 60


def test_a_new_one_may_not_have_the_key_of_one_that_is_not_on_the_page(as_editor, deployment, grow):
    grow(60)
    before = stored(deployment)
    sent = open_form(as_editor, deployment)
    type_value(sent, "KEY_059", "typed")

    refused = send(as_editor, deployment, sent)

    assert refused.status_code == 422
    assert EXISTS in shown_rows(refused)["KEY_059"]
    assert stored(deployment) == before


def test_a_new_one_is_added_to_all(as_editor, deployment, grow):
    grow(60)
    sent = open_form(as_editor, deployment)
    type_value(sent, "NEW", "typed")
    more = fields(send(as_editor, deployment, sent, add="1"))
    assert more["listed"] == ["part"]

    assert send(as_editor, deployment, more).status_code == 302
    assert len(stored(deployment)) == 61


def test_somebody_else_may_edit_the_rest_meanwhile(as_editor, editor, deployment, grow):
    grow(60)
    sent = open_form(as_editor, deployment)
    type_value(sent, "KEY_002", "mine")
    others = [
        VariableInput(row.key, None, row.is_secret) for row in EnvironmentVariable.objects.of(deployment)
    ]
    others[50] = VariableInput("KEY_050", "theirs", is_secret=False)
    others[4] = VariableInput("KEY_004", "theirs", is_secret=False)
    save_variables(principal_for(editor), deployment, [*others[:55], VariableInput("LATER", "theirs")])

    stale = send(as_editor, deployment, sent)

    assert stale.status_code == 409
    assert len(shown_rows(stale)) == PAGE_SIZE
    assert send(as_editor, deployment, fields(stale)).status_code == 302
    after = stored(deployment)
    assert {after[key][0] for key in ("KEY_050", "KEY_004", "LATER")} == {"theirs"}
    assert (after["KEY_002"][0], len(after)) == ("mine", 56)


def test_a_new_one_that_somebody_else_added_meanwhile_waits_for_a_choice(as_editor, editor, deployment, grow):
    grow(60)
    sent = open_form(as_editor, deployment)
    type_value(sent, "LATER", "mine")
    others = [
        VariableInput(row.key, None, row.is_secret) for row in EnvironmentVariable.objects.of(deployment)
    ]
    save_variables(principal_for(editor), deployment, [*others, VariableInput("LATER", "theirs")])

    stale = send(as_editor, deployment, sent)

    assert stale.status_code in {409, 422}
    assert stored(deployment)["LATER"] == ("theirs", False)


@pytest.mark.parametrize("missing", ["key", "value", "was", "draft", "version"])
def test_half_a_form_changes_nothing_and_shows_a_page_again(as_editor, deployment, grow, missing):
    grow(60)
    before = stored(deployment)
    sent = open_form(as_editor, deployment)
    sent[missing] = sent[missing][:-1]

    response = send(as_editor, deployment, sent)

    assert response.status_code == 422
    again = fields(response)
    assert (len(again["key"]), again["listed"]) == (PAGE_SIZE + 1, ["part"])
    assert send(as_editor, deployment, again).status_code == 302
    assert stored(deployment) == before


@pytest.mark.parametrize("stored_number", [10, 60])
def test_a_file_of_many_is_looked_at_as_a_whole(as_editor, deployment, grow, stored_number):
    grow(stored_number)
    file = "\n".join(f"KEY_{number:03}=new" for number in range(5, 300))

    preview = as_editor.post(f"{list_url(deployment)}/import", {"text": file})
    sent = fields(preview)

    assert set(sent["key"]) >= {f"KEY_{number:03}" for number in range(5, 300)}
    assert send(as_editor, deployment, sent).status_code == 302
    after = stored(deployment)
    assert len(after) == 300
    assert after["KEY_004"][0] == "value 4"
    assert after["KEY_006"][0] == "new"


def test_those_of_the_page_that_cannot_be_read_are_named(as_editor, deployment, grow):
    grow(60)
    EnvironmentVariable.objects.filter(deployment=deployment, key="KEY_003").update(value=b"broken")

    listed = as_editor.get(list_url(deployment))

    assert "Some values cannot be read." in text(listed)
    assert page(listed).select_one("#variable-rows p code").get_text() == "KEY_003"
