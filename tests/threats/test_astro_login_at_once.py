"""`astro login` and what ends it at the same moment, with real transactions: a code buys once, and nothing outlives End."""

from functools import partial

import pytest
from django.test import Client

from apikeys.models import AuthorizationGrant
from apikeys.tokens import grants
from tests.apikeys.tokens.astro_login import (
    code_of,
    decide,
    exchange_code,
    is_alive,
    refresh,
    results,
    sign_in,
)
from tests.cast import GRANT
from tests.threats.at_once import another_window, at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def editor(cast) -> Client:
    return cast.client("editor")


@pytest.mark.threat("T-A1")
def test_a_code_brought_by_many_at_once_buys_once_and_then_nothing(editor):
    code = code_of(editor)

    answers = at_once([partial(exchange_code, code) for _ in range(8)])

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    [tokens] = [answer.json() for answer in answers if answer.status_code == 200]
    assert not is_alive(tokens["access_token"])
    assert refresh(tokens["refresh_token"]).status_code == 400
    assert results("endAstroLogin") == [("system", "code_used_twice")]


@pytest.mark.threat("T-A4")
def test_what_is_refreshed_while_it_is_ended_is_worth_nothing(editor):
    tokens = sign_in(editor)
    ended = AuthorizationGrant.objects.exclude(pk=GRANT).get()
    end = partial(another_window(editor).post, f"/account/astro/{ended.pk}/end")

    _, *answers = at_once([end, *[partial(refresh, tokens["refresh_token"]) for _ in range(7)]])

    assert {answer.status_code for answer in answers} <= {200, 400}
    assert not any(is_alive(answer.json()["access_token"]) for answer in answers if answer.status_code == 200)


@pytest.mark.threat("T-A6")
def test_the_number_of_sign_ins_holds_however_many_are_allowed_at_once(editor, monkeypatch):
    monkeypatch.setattr(grants, "MOST_GRANTS", 3)

    answers = at_once([partial(decide, another_window(editor)) for _ in range(8)])

    assert {answer.status_code for answer in answers} == {303}
    assert AuthorizationGrant.objects.exclude(pk=GRANT).count() == 3
