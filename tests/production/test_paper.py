"""What docs/production.md and compose.yaml say fits what the programs are."""

import re
import sqlite3
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from django.urls import get_resolver, reverse

from cloudui import configuration, server
from cloudui.web.bodies import MEMORY_BYTES
from cloudui.web.database_limits import OTHERS
from deployments.airflow.gateway.upstream import READ_SECONDS
from deployments.deploys.store.refusal import LIMITS
from tests.production import paper
from tests.production.servers import program

NGINX = paper.block("nginx", "upstream")
COMPOSE = yaml.safe_load((paper.ROOT / "compose.yaml").read_text(encoding="utf-8"))
ID = "c" + "0" * 24
MIB = 1024 * 1024
# What the image or the paper itself decides in a container, and what is never right in production.
NOT_PASSED_ON = {"CLOUDUI_DATA_DIR", "STATIC_ROOT", "BIND_ADDRESS", "PORT", "GATEWAY_PORT", "DEBUG"}
# By the name of the route: who has more than 1 MiB of body to send.
LARGE = {
    "deployments:deploy": reverse("deployments:deploy", args=[ID, ID]),
    "create_deploy": f"/v1/deployments/{ID}/deploys",
}


@pytest.mark.parametrize("path", [*LARGE.values(), "/", "/oauth/token", f"/v1/deployments/{ID}/deploys/{ID}"])
def test_nginx_takes_large_bodies_for_deploys_and_for_nothing_else(path):
    mib = _most_mib(path)

    if path in LARGE.values():
        assert (LIMITS.sent + MIB) // MIB <= mib <= LIMITS.sent // MIB + 1
    else:
        assert MEMORY_BYTES < mib * MIB <= 2 * MEMORY_BYTES


def _most_mib(path: str) -> int:
    """The limit of the first location with a pattern for this path, or of the server."""
    (most,) = re.findall(r"^    client_max_body_size (\d+)m;", NGINX, flags=re.MULTILINE)
    for pattern, inside in re.findall(
        r"^    location ~ (\S+) \{\n(.*?)^    \}", NGINX, re.MULTILINE | re.DOTALL
    ):
        if re.search(pattern, path):
            (most,) = re.findall(r"client_max_body_size (\d+)m;", inside)
            break
    return int(most)


def test_every_page_that_takes_large_files_is_known_here():
    pages = {
        f"deployments:{pattern.name}"
        for pattern in get_resolver("deployments.urls").url_patterns
        if getattr(pattern.callback, "most_file_bytes", 0) > MEMORY_BYTES
    }

    assert pages == LARGE.keys() - {"create_deploy"}


def test_nginx_takes_as_much_for_airflow_as_the_gateway_and_passes_answers_on_as_they_come():
    (inside,) = re.findall(r"^    location /airflow/ \{\n(.*?)^    \}", NGINX, re.MULTILINE | re.DOTALL)
    (mib,) = re.findall(r"client_max_body_size (\d+)m;", inside)
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", inside)

    assert settings.GATEWAY_BODY_BYTES < int(mib) * MIB <= settings.GATEWAY_BODY_BYTES + MIB
    assert int(seconds) > READ_SECONDS
    assert "proxy_buffering off;" in inside


@pytest.mark.parametrize("upstream", ["cloudui", "cloudui_gateway"])
def test_nginx_closes_its_connections_to_a_server_before_that_does(upstream):
    (upstream,) = re.findall(rf"^upstream {upstream} \{{(.*?)^\}}", NGINX, flags=re.DOTALL | re.MULTILINE)
    (seconds,) = re.findall(r"keepalive_timeout (\d+)s;", upstream)

    assert int(seconds) < settings.HEAD_SECONDS


@pytest.mark.parametrize("name", paper.units())
def test_systemd_understands_the_units(name, tmp_path):
    for unit, text in paper.units().items():
        (tmp_path / unit).write_text(text.replace("/opt/cloudui/.venv/bin/python", sys.executable))

    said = subprocess.run(
        [program("systemd-analyze"), "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )

    # Other units of this machine have nothing to do with it.
    assert [line for line in said.stderr.splitlines() if "cloudui" in line] == []
    assert said.returncode == 0


@pytest.mark.parametrize("text", paper.units().values(), ids=paper.units())
def test_a_unit_is_confined_and_tries_for_ever(text):
    unit = paper.read_unit(text).settings

    assert "Requires=" not in text
    assert (unit["Restart"], unit["StartLimitIntervalSec"]) == ("always", "0")
    assert (unit["NoNewPrivileges"], unit["CapabilityBoundingSet"], unit["ProtectSystem"]) == (
        "yes",
        "",
        "strict",
    )
    assert unit["ReadWritePaths"] == "/srv/dags"


def test_the_gateway_has_the_files_and_the_time_that_it_needs():
    unit = paper.read_unit(paper.units()["cloudui-gateway.service"]).settings

    assert int(unit["TimeoutStopSec"]) > server.STOP_SECONDS
    assert int(unit["LimitNOFILE"]) >= server.MOST_CONNECTIONS + server.OTHER_FILES


def test_no_migration_is_cut_off_and_the_server_has_the_time_that_it_takes_to_end():
    web = paper.read_unit(paper.units()["cloudui-web.service"]).settings

    assert web["TimeoutStartSec"] == "infinity"
    assert int(web["TimeoutStopSec"]) > server.STOP_SECONDS
    assert int(web["LimitNOFILE"]) >= server.MOST_CONNECTIONS + server.OTHER_FILES


def test_the_workers_that_the_paper_counts_fit_into_the_connections_of_postgresql():
    (workers,) = re.findall(r"With its default of 100 that is (\d+) workers in all", paper.PAPER)

    assert (
        (int(workers) + OTHERS) * configuration.POOL_SIZE
        <= 100 - 3
        < (int(workers) + OTHERS + 1) * configuration.POOL_SIZE
    )


def test_the_backup_of_sqlite_is_made_while_others_write(tmp_path):
    text = paper.put_in(
        paper.block("sh", "VACUUM INTO"),
        {
            ".venv/bin/python": sys.executable,
            "/var/lib/cloudui/": f"{tmp_path}/",
            "/backup/": f"{tmp_path}/backup-of-",
        },
    )
    with sqlite3.connect(tmp_path / "cloudui.sqlite3", isolation_level=None) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE one (number)")
        writer.execute("INSERT INTO one VALUES (1)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO one VALUES (2)")

        subprocess.run(["sh", "-euc", text], check=True)
        writer.execute("ROLLBACK")

    (backup,) = tmp_path.glob("backup-of-cloudui-*.sqlite3")
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT number FROM one").fetchall() == [(1,)]
    assert backup.stat().st_mode & 0o777 == 0o600


# Containers


@pytest.mark.parametrize("service", ["web", "gateway", "housekeeping", "airflow", "prepare"])
def test_every_setting_reaches_every_container(service):
    text = "".join(
        (paper.ROOT / path).read_text(encoding="utf-8")
        for path in ("cloudui/settings.py", "cloudui/configuration.py")
    )
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', text))
    passed = set(COMPOSE["services"][service]["environment"]) - {"STATIC_ROOT"}

    assert passed == read - NOT_PASSED_ON


def test_a_variable_that_is_not_set_does_not_arrive_as_an_empty_one():
    """An empty number would stop the start."""
    environment = COMPOSE["services"]["web"]["environment"]

    assert [name for name, value in environment.items() if value and re.search(r"\$\{\w+:?-\}", value)] == []


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_confined(name):
    service = COMPOSE["services"][name]

    # bubblewrap confines DAGs by namespaces, which Docker's usual profiles refuse.
    more = (
        ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"] if name == "airflow" else []
    )
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true", *more])
    assert service["read_only"] is True
    image = _image_of(service)
    assert re.search(r":\d+\.\d+(\.\d+)?-", image), f"{image} has no exact tag"


def _image_of(service: dict[str, str]) -> str:
    """The image that is fetched: of ours the one that it is built on."""
    if "build" not in service:
        return service["image"]
    dockerfile = (paper.ROOT / "Dockerfile").read_text(encoding="utf-8")
    (base,) = set(re.findall(r"^FROM (\S+)", dockerfile, flags=re.MULTILINE))
    assert re.search(r"^USER cloudui$", dockerfile, flags=re.MULTILINE)
    return base


def test_the_store_is_a_volume_that_others_can_mount_and_read():
    dockerfile = (paper.ROOT / "Dockerfile").read_text(encoding="utf-8")

    assert "install --directory --owner=cloudui --mode=755 /dags" in dockerfile
    for service in ("web", "housekeeping", "airflow"):
        assert "dags:/dags" in COMPOSE["services"][service]["volumes"]
        assert COMPOSE["services"][service]["environment"]["DAGS_ROOT"] == "/dags"


def test_what_is_written_lies_in_volumes_that_are_declared():
    used = {
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", ())
    }

    assert used == COMPOSE["volumes"].keys()


def test_postgresql_admits_the_workers_that_compose_promises():
    command = " ".join(COMPOSE["services"]["db"]["command"])
    (admitted,) = map(int, re.findall(r"max_connections=(\d+)", command))
    text = (paper.ROOT / "compose.yaml").read_text(encoding="utf-8")
    (workers,) = map(int, re.findall(r"For up to (\d+) workers", text))

    assert (workers + OTHERS) * configuration.POOL_SIZE <= admitted - 3
    assert urlsplit(COMPOSE["services"]["web"]["environment"]["CACHE_URL"]).hostname == "cache"
