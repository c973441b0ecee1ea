"""A fake Airflow of each version, and one that is connected."""

import pytest

from deployments.airflow import calls, waiting
from tests.fake_airflow import FakeAirflow, running


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(waiting.silent, "_until", {})
    monkeypatch.setattr(calls._tokens, "_known", {})


@pytest.fixture(params=["2.11.2", "3.3.2"])
def fake(request):
    """An Airflow of each version in turn."""
    with running(FakeAirflow(request.param)) as airflow:
        yield airflow


@pytest.fixture
def fake3():
    with running(FakeAirflow("3.3.2")) as airflow:
        yield airflow
