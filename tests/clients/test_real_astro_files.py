"""A Deployment file that one version of the `astro` client wrote, applied by the other: nothing changes.

They look for their server at ports 8871 and 8888, which must be free.
"""

from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from deployments.models import EnvironmentVariable
from deployments.variables.service import read_value
from tests.clients import real_astro
from tests.clients.astro_steps import CHANGE
from tests.clients.real_astro import RealAstro, follow, without_moment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def servers(settings) -> Iterator[None]:
    settings.PUBLIC_URL = f"http://localhost:{real_astro.PORT}"
    servers = [LiveServer(f"localhost:{port}") for port in (real_astro.PORT, real_astro.PORT_TODAY)]
    yield
    for server in servers:
        server.stop()


@pytest.fixture
def clients(servers, demo, issued, tmp_path) -> dict[str, RealAstro]:
    configurations = {
        real_astro.OLD: real_astro.CONFIGURATION,
        real_astro.NEW: real_astro.CONFIGURATION_TODAY,
    }
    clients = {}
    for variable, configuration in configurations.items():
        home = tmp_path / variable
        home.mkdir()
        (home / "given.env").write_text('GIVEN="two words"\n')
        astro = RealAstro(real_astro.binary(variable), home, configuration=configuration)
        astro.environment.update(
            ASTRONOMER_KEY_ID=issued.key.pk, ASTRONOMER_KEY_SECRET=issued.secret.reveal()
        )
        clients[variable] = astro
    return clients


def inspect(astro: RealAstro) -> str:
    text = astro.run("deployment", "inspect", "-n", "Demo").text
    return text[text.index("deployment:") :]


@pytest.mark.parametrize(
    ("writer", "reader"), [(real_astro.OLD, real_astro.NEW), (real_astro.NEW, real_astro.OLD)]
)
def test_what_one_writes_the_other_applies(clients, demo, writer, reader):
    follow(clients[real_astro.OLD], demo, CHANGE)
    before = {variable: without_moment(inspect(astro)) for variable, astro in clients.items()}
    file = clients[reader].home / "demo.yaml"
    # The version of 2023 refuses the word of today by itself; both take this one.
    file.write_text(inspect(clients[writer]).replace("executor: CELERY", "executor: CeleryExecutor"))

    applied = clients[reader].run("deployment", "update", "--deployment-file", file.name)

    assert applied.status == 0, applied.text
    assert {variable: without_moment(inspect(astro)) for variable, astro in clients.items()} == before
    assert read_value(EnvironmentVariable.objects.get(key="TOKEN")) == "hidden"
