"""Whatever an address asks of `/authorize`, a person sees a page, or the client's own address gets an answer."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apikeys.models import AuthorizationGrant
from tests.apikeys.tokens.astro_login import CALLBACK, REQUEST, answer_in
from tests.factories import create_user

ERRORS = {
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "interaction_required",
    "unsupported_response_type",
}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.sampled_from([*REQUEST, "state", "request", ""])
values = st.one_of(text, st.sampled_from([*REQUEST.values(), "none", "plain", "token", CALLBACK + "/"]))
# A right request with some of it changed, left out or there twice; or anything.
changed = st.tuples(st.dictionaries(names, values, max_size=3), st.sets(names, max_size=2)).map(
    lambda found: urlencode(
        [(name, value) for name, value in {**REQUEST, **found[0]}.items() if name not in found[1]]
    )
)
repeated = st.tuples(names, values).map(lambda pair: f"{urlencode(REQUEST)}&{urlencode([pair])}")
queries = st.one_of(changed, repeated, text, st.just("x" * 9000), st.just("client_id=%ff"))


@pytest.fixture
def browser(db):
    client = Client()
    client.force_login(create_user())
    return client


@pytest.mark.threat("T-A1")
@pytest.mark.rfc("6749", "4.1.2.1")
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(query=queries)
def test_no_address_sends_anybody_elsewhere_or_allows_anything(browser, query):
    response = browser.get("/authorize", QUERY_STRING=query)

    assert response.status_code in {200, 303, 400}
    assert ("Location" in response) == (response.status_code == 303)
    if response.status_code == 303:
        assert answer_in(response)["error"] in ERRORS
    assert not AuthorizationGrant.objects.exists()
