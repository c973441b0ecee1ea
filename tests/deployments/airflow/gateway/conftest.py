"""A Deployment whose Airflow is a fake one, and a key that calls it through the gateway."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from cloudui.asgi import Callers
from deployments.airflow.accounts import Account, seal
from deployments.airflow.gateway.application import Application
from deployments.airflow.gateway.threads import Threads
from deployments.airflow.gateway.upstream import Upstream
from deployments.models import Airflow, AirflowRole, Deployment, Ground, Status
from tests.apikeys.machine import token_of
from tests.deployments.airflow.gateway import fake_airflow
from tests.deployments.airflow.gateway.visitor import Visit
from tests.factories import create_api_key

RELEASE = "bright-comet-1234"
ACCOUNTS = {role: Account(f"console-{role}", f"password-of-{role}") for role in AirflowRole}


@pytest.fixture(autouse=True)
def no_loop_runs():
    """A browser that was used before in this process leaves its loop as the one that runs, and asyncio wants none."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def deployment(deployment):
    Deployment.objects.filter(pk=deployment.pk).update(release_name=RELEASE, status=Status.HEALTHY)
    deployment.refresh_from_db()
    return deployment


@pytest.fixture
def airflow(deployment):
    """An Airflow 3 that is entered by accounts, as an operator has connected it."""
    return Airflow.objects.create(
        deployment=deployment,
        ground=Ground.CONNECTED,
        version="3.3.2",
        sealed_accounts=seal(deployment.pk, ACCOUNTS),
    )


@pytest.fixture
def key(deployment):
    return create_api_key(deployment)


@pytest.fixture
def token(key):
    return token_of(key)


class Stage:
    """The gateway in front of a fake Airflow."""

    def __init__(self, application, fake, token):
        self.application, self.fake, self._token = application, fake, token

    def visit(self, path="/api/v2/dags", *, method="GET", token=None, headers=(), at=None, **options):
        """Begin a call; `at` replaces the place of the Deployment before the path."""
        token = self._token if token is None else token
        sent = [("authorization", f"Bearer {token}")] if token else []
        address = (f"/airflow/{RELEASE}" if at is None else at) + path
        return Visit(self.application, method, address, headers=[*sent, *headers], **options)

    async def call(self, *args, **options):
        """Make a call to its end."""
        return await self.visit(*args, **options).task


@pytest.fixture
def play(airflow, token):
    """Runs a scene: an async function that is given the stage."""

    def play(scene, behave, *, path="", **seconds):
        async def run():
            async with fake_airflow.running(behave, path) as fake:
                rows = Airflow.objects.filter(pk=airflow.pk)
                await sync_to_async(rows.update)(base_url=fake.base_url)
                upstream = Upstream(**seconds)
                application = Application(Callers(), upstream=upstream, threads=Threads(are_shared=True))
                try:
                    return await scene(Stage(application, fake, token))
                finally:
                    await upstream.close()

        return async_to_sync(run)()

    return play


@pytest.fixture
def call(play):
    """Makes one call: what the caller got, and the fake Airflow."""

    def call(behave, *args, seconds=None, path_of_airflow="", **options):
        async def scene(stage):
            return await stage.call(*args, **options), stage.fake

        return play(scene, fake_airflow.with_tokens(behave), path=path_of_airflow, **(seconds or {}))

    return call


# Asks the database inside of a scene.
at_once: Any = sync_to_async(thread_sensitive=True)
