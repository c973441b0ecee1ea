"""How many changes one caller may make in a minute (`CHANGES_PER_MINUTE`), on every face."""

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from apikeys.tokens import access_tokens
from cloudui.web import bodies, changes
from cloudui.web.principal import Kind, Principal
from deployments.models import Deployment
from tests.apikeys.machine import exchange, post
from tests.cast import HX
from tests.deployments.deploys.archives import files
from tests.deployments.deploys.programs import Program, at, of_key, of_person
from tests.deployments.helpers import page, url
from tests.factories import PASSWORD, create_api_key
from workspaces.models import AuditEvent

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-L7")]

MOST = 3
WAIT = "30"
SENTENCE = "This is more than 3 changes in a minute, which is the limit for one caller. Wait 30 seconds, then send it again."


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.CHANGES_PER_MINUTE = MOST


@pytest.fixture
def program(deployment):
    return of_key(deployment)


def spend(program, deployment, number=MOST):
    changes_of_it = ({"description": f"Number {each}"} for each in range(number))
    return [program.patch(at(deployment), change).status_code for change in changes_of_it]


def test_a_program_is_told_to_wait_and_how_long(program, deployment):
    assert spend(program, deployment) == [200] * MOST

    refused = program.patch(at(deployment), {"description": "One too many"})

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, WAIT)
    assert refused.json() == {"error": "temporarily_unavailable", "error_description": SENTENCE}
    deployment.refresh_from_db()
    assert deployment.description == "Number 2"
    assert AuditEvent.objects.filter(operation="updateDeployment").count() == MOST


@pytest.mark.parametrize(
    ("method", "parts", "body"),
    [
        ("put", ["variables"], {"variables": []}),
        ("patch", ["variables"], {"set": []}),
        ("post", ["worker-queues"], {"name": "heavy", "worker_type": "small", "max_workers": 5}),
        ("delete", ["worker-queues", "default"], None),
        ("put", ["alert-emails"], {"alert_emails": []}),
        ("post", ["deploys"], {}),
    ],
)
def test_every_change_is_refused_then(program, deployment, method, parts, body):
    spend(program, deployment)

    assert program.send(method, at(deployment, *parts), body).status_code == 429


def test_what_only_reads_is_not_counted(program, deployment):
    for _ in range(2 * MOST):
        assert program.get(at(deployment)).status_code == 200
        assert program.post("/graphql", {"query": "query { __typename }"}).status_code == 200
    assert spend(program, deployment) == [200] * MOST
    assert program.get(at(deployment)).status_code == 200
    assert program.post("/graphql", {"query": "query { __typename }"}).status_code == 200


def test_exchanges_are_counted_by_themselves(deployment):
    issued = create_api_key(deployment)

    assert [exchange(issued).status_code for _ in range(2 * MOST)] == [200] * 2 * MOST


def test_a_new_token_is_no_new_caller(deployment):
    issued = create_api_key(deployment)
    tokens = [exchange(issued).json()["access_token"] for _ in range(MOST + 1)]

    answers = [
        Program(token).patch(at(deployment), {"description": token[-8:]}).status_code for token in tokens
    ]

    assert answers == [200] * MOST + [429]


def test_another_key_and_another_minute_are_not_concerned(program, deployment, monkeypatch):
    spend(program, deployment)
    assert spend(of_key(deployment), deployment) == [200] * MOST

    later = changes.ratelimit.time.time() + 60
    monkeypatch.setattr(changes.ratelimit.time, "time", lambda: later)
    assert spend(program, deployment, 1) == [200]


def test_a_person_is_one_caller_on_pages_and_by_token(editor, as_editor, deployment):
    spend(of_person(editor), deployment)

    refused = as_editor.post(url("deployments:alert_emails", deployment), {"email": "a@example.com"})

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, WAIT)
    assert page(refused).select_one("[data-reason]").get_text() == SENTENCE
    assert as_editor.get(url("deployments:alert_emails", deployment)).status_code == 200
    assert Deployment.objects.get().alert_emails == []


def test_a_dialog_gets_a_sentence_for_its_toast(editor, as_editor, deployment):
    spend(of_person(editor), deployment)

    refused = as_editor.post(
        url("deployments:alert_emails", deployment), {"email": "a@example.com"}, headers=HX
    )

    assert (refused.status_code, refused.content.decode()) == (429, SENTENCE)
    assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_signing_out_is_always_possible(editor, as_editor, deployment):
    spend(of_person(editor), deployment)

    assert as_editor.post("/account/logout/").status_code == 302


def test_a_token_by_navigation_counts_like_one_by_a_button(editor, deployment):
    spend(of_person(editor), deployment)
    client = Client()
    client.post("/account/login/", {"login": editor.email, "password": PASSWORD})

    navigation = {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"}
    assert client.post("/token").status_code == 429
    assert client.get("/token", headers=navigation).status_code == 429
    assert client.get("/token").status_code == 200
    assert not AuditEvent.objects.filter(operation="createUserToken").exists()


def test_the_astro_client_gets_its_own_shape(program, deployment):
    spend(program, deployment)

    refused = program.post("/v1alpha1/nothing/here", {})

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, WAIT)
    assert refused.json() == {"message": SENTENCE, "requestId": "", "statusCode": 429}


def test_ending_tokens_is_a_change_too(deployment):
    issued = create_api_key(deployment)
    key = {"client_id": issued.key.pk, "client_secret": issued.secret.reveal()}

    answers = [post("/oauth/revoke", {**key, "token": "x"}) for _ in range(MOST + 1)]

    assert [answer.status_code for answer in answers] == [200] * MOST + [429]
    assert answers[-1].json()["error_description"] == SENTENCE


def test_a_large_body_is_one_change_though_it_is_asked_for_twice():
    request = RequestFactory().post("/")
    request.META[bodies.ONCE] = set()
    caller = Principal(kind=Kind.API_KEY, id="k", name="CI")

    for _ in range(MOST + 1):
        changes.count_change(request, caller)

    with pytest.raises(changes.TooManyChanges):
        for _ in range(MOST):
            changes.count_change(RequestFactory().post("/"), caller)


def test_it_asks_no_database(program, as_editor, deployment):
    spend(program, deployment)
    with CaptureQueriesContext(connection) as of_reading:
        program.get("/v1/whoami")
    with CaptureQueriesContext(connection) as of_a_refusal:
        assert program.patch(at(deployment), {}).status_code == 429
    # Who calls, and nothing else.
    assert len(of_a_refusal) <= len(of_reading)

    for _ in range(MOST):
        as_editor.post("/color-mode", {"color_mode": "dark"})
    with CaptureQueriesContext(connection) as of_a_page:
        assert as_editor.post("/color-mode", {"color_mode": "dark"}).status_code == 429
    # The session and the person; and the switcher, where the page shows one.
    assert len(of_a_page) <= 3


def test_a_flood_writes_no_more_than_the_limit(program, deployment, root):
    for number in range(5 * MOST):
        program.patch(at(deployment), {"description": f"Number {number}"})
        program.send("post", at(deployment, "deploys"), files(), kind="application/x-tar")

    assert AuditEvent.objects.of_deployment(deployment.pk).filter(subject_kind="api_key").count() == MOST


def test_the_tokens_of_people_are_theirs(editor, deployment):
    first, second = (Program(access_tokens.mint_for_user(editor)[0]) for _ in range(2))

    assert spend(first, deployment, 2) + spend(second, deployment, 2) == [200, 200, 200, 429]


def test_a_body_that_cannot_be_read_counts(program, deployment):
    for _ in range(MOST):
        assert program.send("patch", at(deployment), b"{").status_code == 400

    assert program.patch(at(deployment), {}).status_code == 429


def test_a_day_has_a_limit_too(program, deployment, settings, monkeypatch):
    settings.CHANGES_PER_DAY = 5
    clock = changes.ratelimit.time
    midnight = clock.time() // 86_400 * 86_400
    answers = []
    for minute in range(3):
        monkeypatch.setattr(clock, "time", lambda now=midnight + 60 * minute: now)
        answers += spend(program, deployment, 2)
    refused = program.patch(at(deployment), {"description": "One too many"})

    assert answers == [200] * 5 + [429]
    assert refused.headers["Retry-After"] == str(86_400 - 120)
    assert refused.json()["error_description"] == (
        "This is more than 5 changes in a day, which is the limit for one caller. "
        "Wait until midnight (UTC), then send it again."
    )
    monkeypatch.setattr(clock, "time", lambda: midnight + 86_400)
    assert spend(program, deployment, 1) == [200]
