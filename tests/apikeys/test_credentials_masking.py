"""A key secret shows itself to nobody: not printed, logged, pickled or templated, nor in a report of an error."""

import copy
import functools
import hmac
import json
import logging
import pickle
import re
import secrets
import sys
import traceback
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.views.debug import ExceptionReporter

from apikeys import credentials
from apikeys.credentials import KeySecret
from tests.apikeys.known_keys import known_keys

pytestmark = [pytest.mark.threat("T-S4"), pytest.mark.threat("T-S5")]


@pytest.fixture(scope="module", autouse=True)
def _known_keys():
    with known_keys():
        yield


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>80}",
        lambda secret: f"{secret:>80}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - as logging does
        lambda secret: f"{secret} {secret!r}",
        lambda secret: repr([secret, {"secret": secret}, (secret,)]),
        lambda secret: Template("{{ secret }} {{ secret|safe }}").render(Context({"secret": secret})),
        lambda secret: Template("{% debug %}").render(Context({"secret": secret})),
    ],
)
def test_it_does_not_show_itself(show):
    secret = credentials.generate_secret()

    shown = show(secret)

    assert secret.reveal()[5:] not in shown
    assert not re.search(credentials.SECRET_PATTERN, shown)


def test_its_mask_says_what_it_is():
    assert repr(credentials.generate_secret()) == "<key secret>"


def test_only_reveal_shows_it():
    secret = KeySecret("plain")

    assert secret.reveal() == "plain"
    assert Template("{{ secret.reveal }}").render(Context({"secret": secret})) == "plain"


@pytest.mark.parametrize("keep", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_it_cannot_be_kept(keep):
    with pytest.raises(TypeError):
        keep(credentials.generate_secret())


def test_nothing_can_be_hung_onto_it():
    with pytest.raises(AttributeError):
        setattr(credentials.generate_secret(), "copy_of_text", "x")  # noqa: B010 - mypy knows that this fails


def test_logs_show_the_mask(caplog):
    secret = credentials.generate_secret()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("made %s %r", secret, {"secret": secret})

    assert secret.reveal() not in caplog.text
    assert "made <key secret> {'secret': <key secret>}" in caplog.text


@pytest.fixture
def report(settings):
    settings.DEBUG = False

    def report(call):
        try:
            call()
        except RuntimeError:
            kind, error, trace = sys.exc_info()
            assert kind is not None
            assert error is not None
            assert trace is not None
            # From the first frame of ours on: the test itself knows the secret.
            reporter = ExceptionReporter(None, kind, error, trace.tb_next)
            frames = "".join(
                traceback.TracebackException(kind, error, trace.tb_next, capture_locals=False).format()
            )
            return reporter.get_traceback_html() + reporter.get_traceback_text() + frames
        raise AssertionError("nothing failed")

    return report


@pytest.mark.parametrize(
    ("work", "breaks"),
    [
        (credentials.has_genuine_tag, "hmac"),
        (lambda secret: credentials.has_genuine_tag(secret.reveal()), "hmac"),
        (credentials.hash_secret, "hmac argon2"),
        (lambda secret: credentials.verify(secret, "$argon2id$v=19$", 1), "hmac argon2"),
        (lambda secret: credentials.verify(secret, "$argon2id$v=19$", 9), "hmac argon2"),
        (credentials.verify_dummy, "hmac argon2"),
        (credentials.fingerprint, "hmac"),
        (credentials.fingerprints, "hmac"),
    ],
)
def test_a_report_of_a_function_that_is_given_a_secret_does_not_hold_it(report, work, breaks, monkeypatch):
    secret = credentials.generate_secret()
    for broken in breaks.split():
        with monkeypatch.context() as patch:
            break_part(patch, broken)
            written = report(functools.partial(work, secret))

        assert "out of order" in written
        assert secret.reveal() not in written
        assert secret.reveal()[6:49] not in written


@pytest.mark.parametrize("broken", ["hmac", "random"])
def test_a_report_of_the_function_that_makes_a_secret_does_not_hold_it(report, monkeypatch, broken):
    made = []
    random = credentials._random

    def remembered(length):
        made.append(random(length))
        return made[-1]

    monkeypatch.setattr(credentials, "_random", remembered)
    break_part(monkeypatch, broken)

    written = report(credentials.generate_secret)

    assert "out of order" in written
    assert all(part not in written for part in made)


def break_part(patch: pytest.MonkeyPatch, part: str) -> None:
    def fail(*_arguments, **_named):
        raise RuntimeError("out of order")

    match part:
        case "hmac":
            patch.setattr(hmac, "digest", fail)
        case "argon2":
            patch.setattr(credentials, "slots", SimpleNamespace(argon2_slot=fail))
        case "random":
            patch.setattr(secrets, "choice", fail)
