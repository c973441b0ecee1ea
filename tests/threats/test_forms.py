"""A form takes what it shows and nothing else, and deletes only after the word (T-W8, T-L6)."""

import re
from itertools import product

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.db import models

from apikeys.tokens import signing_keys
from tests.cast import HX, QUEUE
from tests.house.routes import body, console, forms, make_ready
from tests.house.walk import ask, undone

pytestmark = pytest.mark.django_db

OURS = ("workspaces", "deployments", "apikeys")
GUARDED_BY_THE_WORD = {
    "apikeys:delete": "Delete",
    "deployments:delete": "Delete",
    "deployments:queue_delete": f"Delete {QUEUE}",
    "workspaces:delete": "delete",
}
DELETIONS = ('DELETE FROM "apikeys_', 'DELETE FROM "deployments_', 'DELETE FROM "workspaces_')
WORDS = (None, "", "delete", "DELETE", "Delete x", "Delete!", "Del ete", "Delete\u200b", "\u0394elete", "on")
# What is random, encrypted or a moment in time differs between any two rows.
OF_THE_MOMENT = re.compile(
    r"id|key_id|key|target|request_id|release_name|creation_nonce|encoded|fingerprint|security_stamp|"
    r"workspace|deployment|input|kid|private|value|version|current_deploy|\w*_at|at|last_login|digest|session_key"
)


@pytest.mark.threat("T-W8")
def test_a_form_ignores_what_it_does_not_show(cast):
    """Every field of every table is sent along, and what is written is the same as without."""
    # Made at first need, which the first of these may be.
    signing_keys.keys()
    for route in forms(cast):
        with undone():
            make_ready(route, cast)
            shown = _fields(cast.client("owner").get(route.path(cast)))
        without = _written(route, cast, {})

        forged = {name: value for name, value in _forgery(cast).items() if name not in shown}
        along = _written(route, cast, forged)

        assert along == without, str(route)


@pytest.mark.threat("T-W8")
def test_what_is_sent_along_could_be_written():
    """The forgery is one: it names fields that exist, also those that decide rights."""
    names = {field.attname for model in _models() for field in model._meta.concrete_fields}

    assert {
        "is_superuser",
        "organization_role",
        "role",
        "workspace_id",
        "acknowledged_secret",
        "encoded",
    } <= names


@pytest.mark.threat("T-L6")
def test_whatever_deletes_asks_for_the_word(cast):
    client, deleting, asking = cast.client("owner"), set(), set()
    for route in forms(cast):
        with undone():
            make_ready(route, cast)
            if b'data-expects="' in ask(client, route.path(cast)).body:
                asking.add(route.name)
            changes = ask(client, route.path(cast), "POST", body(route, cast)).changes
        if any(change.startswith(DELETIONS) for change in changes):
            deleting.add(route.name)

    assert deleting == asking == set(GUARDED_BY_THE_WORD)


@pytest.mark.threat("T-L6")
def test_no_other_word_deletes(cast):
    for route, word, headers in product(_guarded(), WORDS, (None, HX)):
        if word == GUARDED_BY_THE_WORD[route.name]:
            continue
        data = {} if word is None else {"word": word}

        answer = ask(cast.client("owner"), route.path(cast), "POST", data, headers=headers)

        assert (answer.status, answer.changes) == (422, ()), f"{route} {word!r}"


@pytest.mark.threat("T-L6")
def test_a_word_in_the_address_is_no_confirmation(cast):
    for route in _guarded():
        answer = ask(
            cast.client("owner"), f"{route.path(cast)}?word={GUARDED_BY_THE_WORD[route.name]}", "POST", {}
        )

        assert (answer.status, answer.changes) == (422, ()), str(route)


@pytest.mark.threat("T-L6")
def test_the_word_deletes_also_with_spaces_around_it(cast):
    for route in _guarded():
        word = GUARDED_BY_THE_WORD[route.name]
        with undone():
            make_ready(route, cast)
            answer = ask(cast.client("owner"), route.path(cast), "POST", {"word": f" {word} "})

        assert answer.status == 302, str(route)
        assert any(change.startswith(DELETIONS) for change in answer.changes), str(route)


def _guarded():
    return [route for route in console() if route.name in GUARDED_BY_THE_WORD]


def _models():
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def _forgery(cast):
    """A plausible value for every field of ours, under both names that a field has."""
    forged: dict[str, object] = {}
    for model in _models():
        for field in model._meta.concrete_fields:
            value = _value(field, cast)
            forged |= {field.name: value, field.attname: value}
    return forged


def _value(field, cast):
    values = {
        "workspace": cast.elsewhere.workspace,
        "deployment": cast.elsewhere.deployment,
        "key": cast.elsewhere.key,
        "user": cast.people["outsider"].pk,
        "created_by": cast.people["outsider"].pk,
        "role": "30",
        "organization_role": "owner",
    }
    if field.name in values:
        return values[field.name]
    match field:
        case models.BooleanField():
            return "" if field.default is True else "on"
        case models.DateTimeField() | models.DateField():
            return "2020-01-01T00:00:00Z"
        case models.IntegerField():
            return "7"
        case _:
            return "forged"


def _written(route, cast, along):
    """What stands in our tables after the form was sent, besides what differs each time."""
    client = cast.fresh_client("owner")
    with undone():
        make_ready(route, cast)
        client.post(route.path(cast), {**along, **body(route, cast)})
        return {model._meta.label: _rows(model) for model in _models()}


def _rows(model):
    names = [
        field.attname for field in model._meta.concrete_fields if not OF_THE_MOMENT.fullmatch(field.name)
    ]
    return sorted(repr(row) for row in model._default_manager.values_list(*names))


def _fields(response):
    controls = BeautifulSoup(response.content, "html.parser").select("main form [name]")
    return {control["name"] for control in controls}
