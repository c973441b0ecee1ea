"""What is written to the log, by the handler that the settings have made, what is counted, and other settings."""

import io
import logging.config
import runpy

import pytest

import cloudui.settings
from tests.web.figures import figures


@pytest.fixture
def handler(monkeypatch):
    [handler] = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    monkeypatch.setattr(handler, "stream", io.StringIO())
    monkeypatch.setattr(handler, "formatter", handler.formatter)
    return handler


@pytest.fixture
def lines(handler):
    return handler.stream.getvalue


@pytest.fixture
def settings_with(monkeypatch):
    """The product's settings, run anew with one more variable in the environment."""
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)  # the logs stay those of the tests

    def run(name, url):
        monkeypatch.setenv(name, url)
        return runpy.run_path(cloudui.settings.__file__)

    return run


@pytest.fixture
def gained():
    """By how much each figure has grown since the beginning of the test."""
    before = figures()

    def difference():
        return {name: value - before.get(name, 0) for name, value in figures().items()}

    return difference
