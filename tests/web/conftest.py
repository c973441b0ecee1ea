"""What is written to the log, by the handler that the settings have made, and settings with another environment."""

import io
import logging.config
import runpy

import pytest

import cloudui.settings


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
