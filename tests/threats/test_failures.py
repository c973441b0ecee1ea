"""When something breaks, the secret of that moment is in no report of it, and nothing is done without its event."""

import logging
import sys

import pytest
from django.conf import settings as django_settings
from django.core import mail, signals
from django.test import RequestFactory
from django.utils.log import AdminEmailHandler
from django.views.debug import technical_500_response
from django.views.decorators.debug import sensitive_variables

from apikeys import credentials
from apikeys.forms import new_nonce
from apikeys.models import ApiKeySecret
from apikeys.snippets import Snippet
from apikeys.tokens import access_tokens, signing_keys
from cloudui.web.middleware import CompressionMiddleware
from deployments.models import Deploy, DeployStatus
from tests.apikeys.tokens.astro_login import authorize_url
from tests.house.routes import body, changing_forms, make_ready
from tests.house.tables import dump
from tests.house.walk import undone
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db

# Where it can break once the random part is there, in the order in which it happens.
STEPS = {
    "tag": (credentials, "_tag"),
    "hash": (credentials, "_HASHER"),
    "fingerprint": (credentials, "fingerprint"),
    "save": (ApiKeySecret, "save"),
    "audit": (AuditEvent, "save"),
    "render": (Snippet, "reveal"),
    "respond": (CompressionMiddleware, "process_response"),
}
# From here on the secret is a KeySecret that nobody has opened: even reports without any filter do not have it.
MASKED_STEPS = ("save", "audit", "render", "respond")

WAYS = {
    "new": lambda: {"name": "Made", "nonce": new_nonce()},
    "{key}/reissue": dict,
    "{key}/rotate": lambda: {"ends": "1h"},
}

# What a person chooses for himself and nobody else is not in the audit log.
NOT_AUDITED = {"workspaces:color_mode"}
# One in each Workspace.
EVENTS = {"deployments:transfer": 2}
# What was sent and not done is in the history of deploys.
HISTORY = dict.fromkeys(("deployments:deploy", "deployments:roll_back"), "deployments_deploy")


class Broken(Exception):
    """Something that should not happen."""


@pytest.fixture
def reports(settings, monkeypatch):
    """What each way to report an error would tell: the log, mails to operators, Django's own error page."""
    settings.ADMINS = [("Operator", "operator@example.com")]
    texts, logger = [], logging.getLogger("django.request")

    class Plain(logging.Handler):
        def emit(self, record):
            # Without the mask of cloudui.web.logs, which is the last net and not the first.
            texts.append(self.format(record))

    def explain(request, **kwargs):
        for accept in ("text/html", "text/plain"):
            request.META["HTTP_ACCEPT"] = accept
            request.__dict__.pop("headers", None)
            for debug in (False, True) if reports.masked else (False,):
                monkeypatch.setattr(django_settings, "DEBUG", debug)
                texts.append(technical_500_response(request, *sys.exc_info()).content.decode())
        monkeypatch.setattr(django_settings, "DEBUG", False)

    def reports():
        return [*texts, *(part for sent in mail.outbox for part in (sent.body, *dict(sent.alternatives)))]

    reports.masked = False
    handlers = [Plain(), AdminEmailHandler(include_html=True)]
    signals.got_request_exception.connect(explain)
    for handler in handlers:
        logger.addHandler(handler)
    yield reports
    for handler in handlers:
        logger.removeHandler(handler)
    signals.got_request_exception.disconnect(explain)


@pytest.fixture
def made(monkeypatch):
    """The random parts of the secrets that were made."""
    texts, make = [], credentials._random

    @sensitive_variables()
    def remember(length):
        text = make(length)
        if length == credentials.RANDOM_LENGTH:
            texts.append(text)
        return text

    monkeypatch.setattr(credentials, "_random", remember)
    return texts


@pytest.mark.threat("T-S5")
@pytest.mark.parametrize("step", STEPS)
def test_a_failure_while_a_secret_is_made_or_shown_does_not_report_it(cast, reports, made, monkeypatch, step):
    keys = f"/{cast.home.workspace}/deployments/{cast.home.deployment}/api-keys"
    reports.masked = step in MASKED_STEPS
    _break(monkeypatch, step)

    answers = [
        cast.client("admin").post(f"{keys}/{way.format(key=cast.home.key)}", data())
        for way, data in WAYS.items()
    ]

    assert {answer.status_code for answer in answers} == {500}
    assert len(set(made)) == len(WAYS)
    told = reports()
    # The log, a mail in plain and in HTML, Django's page in both, and with DEBUG where that is safe as well.
    assert len(told) == len(WAYS) * (7 if reports.masked else 5)
    assert all("Broken" in text for text in told)
    assert not any(
        secret in text for secret in made for text in (*told, *(answer.text for answer in answers))
    )


@pytest.mark.threat("T-S5")
@pytest.mark.parametrize("step", ["sign", "audit", "respond", "use"])
def test_a_failure_while_a_persons_token_is_made_shown_or_used_does_not_report_it(
    cast, reports, monkeypatch, step
):
    tokens = [access_tokens.mint_for_user(cast.people["admin"])[0]]
    sign = access_tokens.sign

    @sensitive_variables()
    def remember(claims):
        tokens.append(sign(claims))
        if step == "sign":
            raise Broken
        return tokens[-1]

    monkeypatch.setattr(access_tokens, "sign", remember)
    client = cast.client("admin")
    if step == "use":
        monkeypatch.setattr(access_tokens, "_checked", _fail)
        answer = client.get("/v1/whoami", headers={"Authorization": f"Bearer {tokens[0]}"})
    else:
        if step != "sign":
            _break(monkeypatch, step)
        answer = client.post("/token")

    assert answer.status_code == 500
    told = reports()
    assert len(told) >= 5
    assert all("Broken" in text for text in told)
    parts = {part for token in tokens for part in token.split(".")[1:]}
    assert not [part for part in parts for text in (*told, answer.text) if part in text]


@pytest.mark.threat("T-S5")
def test_a_secret_in_an_unprotected_place_would_be_found(reports, made, settings):
    def careless():
        plain = credentials.generate_secret().reveal()
        raise Broken(len(plain))

    try:
        careless()
    except Broken:
        signals.got_request_exception.send(None, request=RequestFactory().get("/"))

    assert any(made[0] in text for text in reports())


@pytest.mark.threat("T-S7")
def test_without_its_event_nothing_is_changed(cast, monkeypatch):
    # These are made at first need, whatever becomes of the request.
    signing_keys.keys()
    for route in changing_forms(cast):
        if route.name in NOT_AUDITED:
            continue
        client = cast.fresh_client(_who(route))
        with undone(), monkeypatch.context() as patch:
            make_ready(route, cast)
            besides = ("django_session", HISTORY.get(route.name, ""))
            data, before, deploys = body(route, cast), dump(besides=besides), _succeeded()
            patch.setattr(AuditEvent, "save", _fail)

            response = client.post(_url(route, cast), data)

            assert response.status_code == 500, str(route)
            assert (dump(besides=besides), _succeeded()) == (before, deploys), str(route)


@pytest.mark.threat("T-S7")
def test_with_it_something_is_changed_and_exactly_that_is_recorded(cast):
    for route in changing_forms(cast):
        role = _who(route)
        with undone():
            make_ready(route, cast)
            data, before = body(route, cast), AuditEvent.objects.count()

            response = cast.fresh_client(role).post(_url(route, cast), data)

            assert response.status_code in {200, 302, 303}, str(route)
            events = AuditEvent.objects.order_by("-pk")[: AuditEvent.objects.count() - before]
            expected = 0 if route.name in NOT_AUDITED else EVENTS.get(route.name, 1)
            assert len(events) == expected, str(route)
            for event in events:
                assert event.subject_id == cast.people[role].pk, str(route)
                assert event.source_ip == "127.0.0.1", str(route)
                assert event.request_id == response.headers["X-Request-Id"], str(route)
                assert event.workspace or not route.is_of_a_workspace, str(route)


def _url(route, cast):
    # The only form whose address says what it is about.
    return authorize_url() if route.name == "apikeys:authorize" else route.path(cast)


def _succeeded():
    return set(Deploy.objects.filter(status=DeployStatus.SUCCEEDED).values_list("pk", flat=True))


def _break(monkeypatch, step):
    place, name = STEPS[step]

    class Failing:
        hash = staticmethod(_fail)

    monkeypatch.setattr(place, name, Failing if step == "hash" else _fail)


@sensitive_variables()
def _fail(*args, **kwargs):
    raise Broken


def _who(route):
    return "admin" if route.is_of_a_workspace else "owner"
