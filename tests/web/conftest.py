"""What is written to the log, by the handler that the settings have made."""

import io
import logging

import pytest


@pytest.fixture
def handler(monkeypatch):
    [handler] = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    monkeypatch.setattr(handler, "stream", io.StringIO())
    monkeypatch.setattr(handler, "formatter", handler.formatter)
    return handler


@pytest.fixture
def lines(handler):
    return handler.stream.getvalue
