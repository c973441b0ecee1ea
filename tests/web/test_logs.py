"""The last net under the logs, as it is installed: no line that is written holds a key secret or a token."""

import json
import logging

import pytest

from cloudui.web import logs
from cloudui.web.logs import JsonFormatter, MaskSecrets, TextFormatter

pytestmark = [pytest.mark.threat("T-S4"), pytest.mark.threat("T-S5")]

SECRET = "cui1_1" + "Ab3" * 18
CODE, REFRESH_TOKEN = f"cuic_{'a-_' * 14}Z", f"cuir_{'a-_' * 14}Z"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSJ9.c2lnbmF0dXJl-_8"


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


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g is stored", "c2FsdHNhbHQ$aGFzaGhhc2g"),
        ("{'Authorization': 'Bearer 0123456789abcdef'}", "0123456789abcdef"),
        ("authorization: basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("Cookie: __Host-session=abcdefgh; csrftoken=ijklmnop; device=qrstuvwx", "abcdefgh"),
        ("Cookie: __Host-session=abcdefgh; csrftoken=ijklmnop; device=qrstuvwx", "ijklmnop"),
        ("Cookie: __Host-session=abcdefgh; csrftoken=ijklmnop; device=qrstuvwx", "qrstuvwx"),
        ("Internal Server Error: /account/password/reset/key/1-c9x7y2-abcdef/", "c9x7y2"),
        ("Internal Server Error: /uploads/c9x7y2-abcdef", "c9x7y2"),
        ("Referer https://a.example/page?token=abcdefgh does not match", "abcdefgh"),
        ("null value\nDETAIL:  Failing row contains (1, abcdefgh).\nCONTEXT: x", "abcdefgh"),
        ("Input should be a number [type=int, input_value='abc\ndefgh', input_type=str]", "defgh"),
    ],
)
@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
@pytest.mark.parametrize("write", [logging.Logger.error, log_error])
def test_no_line_holds_what_a_library_quotes(lines, handler, write, formatter, text, secret):
    handler.setFormatter(formatter)

    write(logging.getLogger("x"), text)

    assert "***" in lines()
    assert secret not in lines()


INJECTED = (
    'fine\n2026-12-01T00:00:00.000Z info cloudui.requests status=200\r\x1b[2K\u2028\x85\u202e\ud800" ms=1'
)


@pytest.fixture
def alone(handler):
    """A logger that pytest does not hear: half a surrogate in its report would end a run in several processes."""
    logger = logging.Logger("x")  # noqa: LOG001 - one without a parent
    logger.addHandler(handler)
    return logger


@pytest.mark.parametrize(
    "write",
    [
        lambda log: log.error("It is %s", INJECTED),
        lambda log: log.error(INJECTED),
        lambda log: log_error(log, INJECTED),
        lambda log: log.error("It is", stack_info=True, extra={"x": INJECTED}),
    ],
    ids=["argument", "message", "traceback", "stack"],
)
def test_no_value_begins_a_line_or_moves_a_cursor(alone, lines, write):
    write(alone)

    first, *more = lines().removesuffix("\n").split("\n")
    assert first[0] == "2"
    assert all(line.startswith("    ") for line in more)
    assert all(each.isprintable() for each in (first, *more))
    assert lines().count("message=") == 1


def test_in_json_each_line_is_an_object(alone, lines, handler):
    handler.setFormatter(JsonFormatter())
    with logs.task() as request_id:
        log_error(alone, INJECTED)

    [line] = lines().splitlines()
    event = json.loads(line)
    assert {name: event[name] for name in ("level", "logger", "message", "request_id")} == {
        "level": "error",
        "logger": "x",
        "message": "It failed.",
        "request_id": request_id,
    }
    assert event["exception"].endswith(f"ValueError: {INJECTED}")


@pytest.mark.parametrize(("level", "own", "others"), [("DEBUG", 10, 20), ("INFO", 20, 20), ("ERROR", 40, 40)])
def test_what_libraries_say_at_debug_is_never_written(level, own, others):
    made = logs.configuration(logging.getLevelName(level), "text")

    assert made["root"]["level"] == others
    assert {made["loggers"][app]["level"] for app in ("cloudui", "workspaces", "deployments", "apikeys")} == {
        own
    }
    assert made["loggers"]["django.request"]["level"] == 40


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
