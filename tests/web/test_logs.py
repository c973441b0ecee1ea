"""The last net under the logs, as it is installed: no line that is written holds a key secret or a token."""

import io
import logging

import pytest

from cloudui.web.logs import MaskSecrets

pytestmark = [pytest.mark.threat("T-S4"), pytest.mark.threat("T-S5")]

SECRET = "cui1_1" + "Ab3" * 18
CODE, REFRESH_TOKEN = f"cuic_{'a-_' * 14}Z", f"cuir_{'a-_' * 14}Z"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSJ9.c2lnbmF0dXJl-_8"


@pytest.fixture
def lines(monkeypatch):
    """What is written to standard error, by the handler that the settings have made."""
    [handler] = [
        handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler
    ]
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)
    return written.getvalue


def raise_it(text):
    raise ValueError(text)


def log_error(log, text):
    try:
        raise_it(text)
    except ValueError:
        log.exception("It failed.")


def log_cause(log, text):
    try:
        try:
            raise_it(text)
        except ValueError as cause:
            raise RuntimeError("wrapped") from cause
    except RuntimeError:
        log.exception("It failed.")


@pytest.mark.parametrize(
    "text", [SECRET, TOKEN, TOKEN.rpartition(".")[0], f"{SECRET} and {TOKEN}", CODE, REFRESH_TOKEN]
)
@pytest.mark.parametrize(
    "write",
    [
        lambda log, text: log.error("It is %s, they say.", text),
        lambda log, text: log.error(f"It is {text}, they say."),  # noqa: G004 - as a library may
        lambda log, text: log.error("It is %(it)s, they say.", {"it": text}),
        lambda log, text: log.error("%s", {"headers": {"Authorization": f"Bearer {text}"}}),
        lambda log, text: log.error(ValueError(text)),
        log_error,
        log_cause,
    ],
    ids=["argument", "message", "named", "inside", "object", "traceback", "cause"],
)
@pytest.mark.parametrize("name", ["", "django.request", "apikeys.keys", "granian.access"])
def test_no_line_holds_a_secret(lines, write, text, name):
    write(logging.getLogger(name), text)

    assert "***" in lines()
    for secret in text.split(" and "):
        assert secret[8:30] not in lines()


def test_what_is_no_secret_stays(lines):
    logging.getLogger("x").warning("cui1_ and eyJ are %s of %d", "beginnings", 2)

    assert "cui1_ and eyJ are beginnings of 2" in lines()


def test_every_handler_has_the_net():
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    ours = {
        handler
        for logger in loggers
        for handler in logger.handlers
        if type(handler).__module__.startswith("logging") and type(handler) is not logging.NullHandler
    }

    assert ours
    assert all(any(isinstance(it, MaskSecrets) for it in handler.filters) for handler in ours)
