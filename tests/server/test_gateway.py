"""The gateway as a process: what reaches sockets on either side of it."""

import asyncio
import os
import socket
import subprocess
import sys
from http.client import HTTPConnection, IncompleteRead

import pytest

from tests.deployments.airflow.gateway import fake_airflow
from tests.deployments.airflow.gateway.fake_airflow import response
from tests.server.gateways import ROOT, gateway

# A Deployment whose Airflow is at the address, and tokens of two keys, of which the second is deleted.
MAKE = """
from apikeys.keys import create_key
from apikeys.tokens.access_tokens import mint_for_key
from deployments.airflow.accounts import Account, seal
from deployments.models import Airflow, AirflowRole, Cluster, Deployment, RuntimeRelease
from deployments.service import create_deployment
from workspaces.models import OrganizationRole, User
from workspaces.principals import principal_for
from workspaces.service import create_workspace
owner = User.objects.create_user("owner@example.com", None, organization_role=OrganizationRole.OWNER)
by = principal_for(owner)
workspace = create_workspace(by, name="Data", description="")
made = create_deployment(by, workspace, name="Production", cluster=Cluster.objects.first(),
    runtime=RuntimeRelease.objects.offered()[0])
Deployment.objects.filter(pk=made.pk).update(release_name="bright-comet-1234", status="HEALTHY")
accounts = seal(made.pk, {AirflowRole.OP: Account("op", "secret")})
Airflow.objects.filter(pk=made.pk).delete()
Airflow.objects.create(deployment=made, ground="connected", base_url="{address}", version="2.11.2",
    sealed_accounts=accounts)
for name in ("kept", "deleted"):
    issued = create_key(by, made, name=name, description="", nonce=name[0] * 32)
    token, _ = mint_for_key(key_id=issued.key.pk, deployment=made.pk, workspace=workspace.pk, secret=1,
        generation=issued.key.generation, ends_at=None)
    print(token)
"""
END = "from apikeys.models import ApiKey; ApiKey.objects.filter(name='deleted').delete()"


async def behave(received, writer):
    match received.target.rpartition("/")[2]:
        case "cut":
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await writer.drain()
            writer.close()
        case "endless":
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await writer.drain()
            await received.reader.read()
        case "log":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 31457280\r\n\r\n")
            for _ in range(480):
                writer.write(b"x" * 65536)
                await writer.drain()
        case _:
            writer.write(response(200, received.target.encode() + b"|" + received.body))


@pytest.fixture(scope="module")
def airflow():
    with fake_airflow.in_thread(behave) as fake:
        yield fake


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = {
        **os.environ,
        "CLOUDUI_DATA_DIR": str(tmp_path_factory.mktemp("gateway") / "data"),
        "CLOUDUI_DEMO": "0",
        "GATEWAY_PORT": str(port),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
    }
    _manage(made, "prepare")
    return made


@pytest.fixture(scope="module")
def tokens(variables, airflow):
    return _manage(variables, "shell", "-v", "0", "-c", MAKE.replace("{address}", airflow.base_url)).split()


@pytest.fixture(scope="module")
def port(variables, tokens, tmp_path_factory):
    with gateway(variables, tmp_path_factory.mktemp("log") / "log") as port:
        yield port


@pytest.fixture
def call(port, tokens):
    connections = []

    def call(path, method="GET", *, key=0, **options):
        connection = HTTPConnection("localhost", port, timeout=60)
        connections.append(connection)
        headers = {"Authorization": f"Bearer {tokens[key]}"}
        connection.request(method, f"/airflow/bright-comet-1234/api/v1/{path}", headers=headers, **options)
        return connection, connection.getresponse()

    yield call
    for connection in connections:
        connection.close()


def _manage(variables, *arguments):
    command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def test_a_path_arrives_byte_for_byte(call):
    _, answer = call("variables/a%2Fb%20c//;x=1?q=%2e&r=a%2Bb")

    assert answer.read() == b"/api/v1/variables/a%2Fb%20c//;x=1?q=%2e&r=a%2Bb|"


def test_a_body_arrives_in_chunks_too(call):
    _, answer = call("dags", "POST", body=iter([b"{ ", b"}"]), encode_chunked=True)

    assert (answer.status, answer.read()) == (200, b"/api/v1/dags|{ }")


def test_an_answer_that_airflow_cuts_is_seen_to_be_broken(call):
    _, answer = call("cut")

    with pytest.raises(IncompleteRead):
        answer.read()


def test_a_long_log_arrives_whole(call):
    _, answer = call("log")

    assert sum(len(piece) for piece in iter(lambda: answer.read(65536), b"")) == 31_457_280


def test_who_leaves_takes_the_connection_to_airflow_along(call, airflow):
    connection, answer = call("endless")
    assert answer.read(3) == b"abc"
    airflow.closed.clear()

    answer.close()
    connection.close()

    loop = airflow.loop
    asyncio.run_coroutine_threadsafe(airflow.closed.wait(), loop).result(timeout=60)


def test_a_deleted_key_ends_what_is_under_way(call, variables):
    _, answer = call("endless", key=1)
    assert answer.read(3) == b"abc"

    _manage(variables, "shell", "-v", "0", "-c", END)

    with pytest.raises(IncompleteRead):
        answer.read()
    _, refused = call("dags", key=1)
    assert refused.status == 401


def test_a_variable_that_makes_no_sense_stops_the_start(variables):
    done = subprocess.run(
        [sys.executable, "-m", "cloudui.gateway"],
        cwd=ROOT,
        env={**variables, "GATEWAY_URL": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "GATEWAY_URL must look like" in done.stderr
