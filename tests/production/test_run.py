"""The installation of docs/production.md does what the paper promises."""

import contextlib
import io
import json
import os
import re
import tarfile
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
import redis

from tests.production.installation import ASTRO_DOMAIN, HOST, closed_to_others
from tests.production.paper import PAPER
from tests.production.servers import wait_for_line

FORM = "application/x-www-form-urlencoded"
LARGE = 257_000_000
DEPLOY_MIB = 5
# Of 64 KiB: 8 MiB.
MOST_PIECES = 128


@pytest.fixture(scope="module")
def token(installation, pipeline):
    form = {
        "grant_type": "client_credentials",
        "client_id": pipeline.key_id,
        "client_secret": pipeline.secret,
    }
    answer = installation.visitor().ask("POST", "/oauth/token", urlencode(form), {"Content-Type": FORM})
    assert answer.status == 200, answer.text
    return json.loads(answer.text)["access_token"]


def test_the_certificate_is_for_the_host_and_browsers_are_told_to_stay_with_tls(visitor):
    answer = visitor.ask("GET", "/account/login/")

    assert answer.status == 200
    year = "max-age=31536000; includeSubDomains; preload"
    assert answer.headers["Strict-Transport-Security"] == year


@pytest.mark.parametrize(
    ("host", "path", "status", "leads_to"),
    [
        (HOST, "/a/page?next=1", 301, f"https://{HOST}/a/page?next=1"),
        (HOST, "/oauth/token", 403, None),
        (HOST, "/v1/deployments", 403, None),
        (HOST, "/airflow/bright-comet-1234/api/v2/dags", 403, None),
        (f"api.{ASTRO_DOMAIN}", "/oauth/token", 403, None),
        (f"api.{ASTRO_DOMAIN}", "/", 403, None),
        # As the clients print them: that of today, and that of 2023.
        (f"cloud.{ASTRO_DOMAIN}", "/a/deployments/b", 302, f"https://{HOST}/a/deployments/b"),
        (f"cloud.{ASTRO_DOMAIN}", "/a/deployments/b/analytics", 302, f"https://{HOST}/a/deployments/b"),
    ],
)
def test_without_tls_pages_lead_to_it_and_programs_are_refused(installation, host, path, status, leads_to):
    assert _ask_in_the_clear(installation.plain_port, path, host) == (status, leads_to)
    assert not (installation.folder / "combined.log").read_text(), "Addresses are logged."


def _ask_in_the_clear(port: int, path: str, host: str) -> tuple[int, str | None]:
    """Status and Location of the answer to a GET without TLS."""
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.headers["Location"]


def test_the_first_owner_signs_in_and_is_known_by_address_and_request(installation, owner):
    visitor = installation.visitor("127.0.0.2")

    # What a caller writes into it decides nothing.
    answer = visitor.sign_in(
        *owner, headers={"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "203.0.113.9"}
    )

    assert answer.status == 302
    assert {"__Host-session"} <= visitor.cookies.keys()
    assert all(visitor.cookies[name]["secure"] for name in ("__Host-session", "__Host-csrftoken"))
    assert visitor.ask("GET", "/").status == 200
    address, request_id = installation.events("source_ip, request_id", "signIn")[0]
    assert address == "127.0.0.2"
    assert request_id == answer.headers["X-Request-Id"]
    (line,) = (line for line in installation.nginx_log.splitlines() if request_id in line)
    assert " POST 302 " in line
    wait_for_line(installation.folder / "web.log", f"request_id={request_id} caller=user:")


def test_no_address_is_in_what_nginx_logs(installation, visitor):
    visitor.ask("GET", "/account/password/reset/key/1-a-secret/?token=a-secret")

    assert "a-secret" not in installation.nginx_log


def test_nor_the_address_of_an_upload(installation, visitor):
    answer = visitor.ask("PUT", "/uploads/a-capability?comp=block", b"x", {"Content-Type": "text/plain"})

    assert answer.status in {400, 403, 404}
    assert answer.headers["X-Request-Id"], "Cloud UI answers, and not nginx"
    assert "a-capability" not in installation.nginx_log


def test_a_pipeline_exchanges_its_secret_and_calls(visitor, token):
    answer = visitor.ask("GET", "/v1/whoami", headers={"Authorization": f"Bearer {token}"})

    assert answer.status == 200


def test_the_gateway_answers_for_a_pipeline_below_airflow(visitor, pipeline, token):
    path = f"/airflow/{pipeline.release_name}/api/v2/dags"

    unknown = visitor.ask("GET", path)
    known = visitor.ask("GET", path, headers={"Authorization": f"Bearer {token}"})

    assert (unknown.status, unknown.headers["WWW-Authenticate"]) == (401, 'Bearer realm="Cloud UI"')
    # It is known, and there is no Airflow yet.
    assert (known.status, json.loads(known.text)["error"]) == (503, "airflow_unavailable")


def test_a_deploy_of_some_megabytes_becomes_what_airflow_of_another_user_reads(
    installation, visitor, pipeline, token
):
    archive = io.BytesIO()
    noise = os.urandom(DEPLOY_MIB * 1024 * 1024)
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        member = tarfile.TarInfo("dags/model.bin")
        member.size = len(noise)
        tar.addfile(member, io.BytesIO(noise))

    answer = visitor.ask(
        "POST",
        f"/v1/deployments/{pipeline.deployment}/deploys",
        archive.getvalue(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/gzip"},
    )

    assert answer.status == 201, answer.text
    place = installation.folder / "dags" / pipeline.release_name
    assert (place / "current/dags/model.bin").read_bytes() == noise
    assert closed_to_others(place / "current") == []
    assert closed_to_others(place / "versions") == []
    assert all(folder.stat().st_mode & 0o5 == 0o5 for folder in (place, place.parent))
    assert installation.waiting_bodies == []


@pytest.mark.parametrize(
    "path", ["/account/login/", "/oauth/token", "/v1/whoami", "/nothing", "/admin/login/"]
)
def test_nobody_else_may_announce_so_much(installation, visitor, path):
    answer = visitor.announce(path, LARGE, FORM)

    assert answer.status == 413
    assert installation.waiting_bodies == []


def test_nor_send_it_in_chunks(installation, visitor):
    head = [
        "POST /oauth/token HTTP/1.1",
        f"Host: {HOST}",
        f"Content-Type: {FORM}",
        "Transfer-Encoding: chunked",
    ]
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    sent, answer = 0, b""
    with visitor.connect() as connection:
        connection.settimeout(0.05)
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        while sent < MOST_PIECES and not answer:
            with contextlib.suppress(OSError):
                connection.sendall(piece)
                sent += 1
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(100)

    assert b" 413 " in answer
    assert installation.waiting_bodies == []


@pytest.mark.parametrize("path", ["/v1/deployments/{}/deploys", "/{}/deployments/{}/deploys/new"])
def test_a_deploy_by_nobody_is_refused_before_it_is_sent(installation, visitor, path):
    answer = visitor.announce(path.format("c" + "0" * 24, "c" + "0" * 24), LARGE, "application/gzip")

    assert answer.status in {302, 401, 403, 404, 413}, answer.text
    assert answer.headers["X-Request-Id"], "Cloud UI answers, and not nginx"
    assert installation.waiting_bodies == []


def test_many_requests_share_a_connection_to_the_web_server(installation, visitor):
    for _ in range(20):
        assert visitor.ask("GET", "/healthz").status == 200

    assert 1 <= len(_connections_to(installation.web_port)) <= 8


def _connections_to(port: int) -> list[str]:
    """Lines of established connections to a port of this machine, as their callers see them."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        return [line for line in table if re.search(rf"^ *\d+: \S+ \S+:{port:04X} 01 ", line)]


def test_health_is_seen_from_outside_and_readiness_only_here(installation, visitor):
    assert _ask_in_the_clear(installation.web_port, "/readyz", "127.0.0.1")[0] == 200
    assert visitor.ask("GET", "/healthz").status == 200
    assert visitor.ask("GET", "/readyz").status == 404


def test_figures_are_seen_only_here(installation, visitor):
    assert visitor.ask("GET", "/metrics").status == 404
    connection = HTTPConnection("127.0.0.1", installation.web_port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        assert b"cloudui_requests_total{" in connection.getresponse().read()


def test_limits_are_counted_in_redis(installation, visitor):
    visitor.sign_in("nobody@example.com", "wrong")

    with redis.Redis.from_url(installation.environment["CACHE_URL"]) as cache:
        assert cache.dbsize() > 0


def test_nothing_failed_behind_the_scenes(installation, visitor):
    visitor.sign_in("nobody@example.com", "wrong")

    for name in ("web", *(f"cloudui-{name}.service" for name in ("gateway", "housekeeping"))):
        log = (installation.folder / f"{name}.log").read_text()
        assert [
            line
            for line in log.splitlines()
            if re.search(r"Z error (?!.*route=/airflow/.*status=503)|Traceback", line)
        ] == []


def test_a_backup_of_the_database_is_made_while_it_runs(installation):
    (command,) = re.findall(r"`(pg_dump --format=custom)`", PAPER)
    backup = installation.folder / "postgresql/backup"

    installation.postgresql.client(*command.split(), "-d", "cloudui", "-f", str(backup))

    assert backup.read_bytes().startswith(b"PGDMP")
