"""docs/production.md carried out on loopback: `python -m tests.production` keeps it running to look at.

The units run as commands, nginx with the configuration of the paper in a frame, PostgreSQL and Redis as servers of
their own. The host's name stays as it is in the paper; a connection is made to the port that nginx got instead.
"""

import getpass
import os
import resource
import secrets
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.production import paper, servers
from tests.production.paper import ROOT, Unit
from tests.production.visitor import Visitor

HOST: Final = "console.example.com"
ASTRO_DOMAIN: Final = "cloudui-localhost.example.com"
EMAIL: Final = "owner@example.com"
PASSWORD: Final = "a long enough passphrase"
FRAME: Final = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log info; user {user};
{limits}
http {{
    access_log {folder}/combined.log;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {servers}
}}
"""
# Makes what an Owner would make in the console, and prints the Deployment, the ID of a key and its secret.
MAKE_A_KEY: Final = """
from apikeys.keys import create_key
from deployments.models import Cluster, RuntimeRelease
from deployments.service import create_deployment
from workspaces.models import User
from workspaces.principals import principal_for
from workspaces.service import create_workspace
owner = principal_for(User.objects.owners().first())
workspace = create_workspace(owner, name="Data", description="")
deployment = create_deployment(owner, workspace, name="Production", cluster=Cluster.objects.first(),
    runtime=RuntimeRelease.objects.offered()[0])
issued = create_key(owner, deployment, name="Pipeline", description="", nonce="b" * 32)
print(workspace.pk, deployment.pk, deployment.release_name, issued.key.pk, issued.secret.reveal())
"""


@dataclass
class Installation:
    """A running one.

    Attributes:
        port: nginx's for TLS.
        plain_port: nginx's without TLS.
        web_port: of the web server behind it.
    """

    folder: Path
    environment: dict[str, str]
    postgresql: servers.PostgreSQL
    port: int
    plain_port: int
    web_port: int

    def visitor(self, address: str = "127.0.0.1") -> Visitor:
        """Somebody who comes over TLS from this address of the machine."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "ssl.pem"))
        return Visitor(HOST, self.port, trusted, address)

    def manage(self, *arguments: str, typed: str = "") -> str:
        """Run a command as the units do; returns what it says."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=typed,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            umask=0o077,
        )
        return done.stdout

    def events(self, columns: str, operation: str) -> list[list[str]]:
        """Columns of the audit events of an operation, newest first."""
        query = (
            f"SELECT {columns} FROM workspaces_auditevent WHERE operation = '{operation}' ORDER BY id DESC"
        )
        rows = self.postgresql.client("psql", "-d", "cloudui", "-At", "-F", "\t", "-c", query)
        return [row.split("\t") for row in rows.splitlines()]

    @property
    def nginx_log(self) -> str:
        return (self.folder / "nginx-access.log").read_text()

    @property
    def waiting_bodies(self) -> list[Path]:
        """What nginx or Cloud UI keeps on the disk of bodies on their way."""
        folders = (self.folder / "bodies", self.folder / "tmp")
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


@contextmanager
def installed() -> Iterator[Installation]:
    """Do what the paper says, from PostgreSQL to nginx, and take it all away again."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cloudui-production-")))
        # The server of PostgreSQL is another user.
        folder.chmod(0o755)
        for name in ("postgresql", "dags", "tmp"):
            (folder / name).mkdir()
        postgresql = servers.PostgreSQL(folder / "postgresql")
        stack.enter_context(postgresql.serving())
        redis_port = stack.enter_context(servers.redis(folder))
        password = secrets.token_hex(16)
        _make_database(postgresql, password)

        port, plain_port, web_port, gateway_port = (servers.free_port() for _ in range(4))
        text = paper.put_in(
            paper.block("sh", "TRUSTED_PROXIES=127.0.0.1"),
            {
                "PASSWORD@localhost/": f"{password}@localhost:{postgresql.port}/",
                "localhost:6379": f"localhost:{redis_port}",
                "/var/lib/cloudui": str(folder / "data"),
                "/srv/dags": str(folder / "dags"),
            },
        )
        environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(web_port),
            "GATEWAY_PORT": str(gateway_port),
            # As PrivateTmp= gives the unit one of its own.
            "TMPDIR": str(folder / "tmp"),
            **paper.environment(text),
        }
        installation = Installation(folder, environment, postgresql, port, plain_port, web_port)
        units = {name: paper.read_unit(text) for name, text in paper.units().items()}
        web = units.pop("cloudui-web.service")
        (folder / "data").mkdir(mode=int(web.settings["StateDirectoryMode"], 8))
        process = stack.enter_context(_service(installation, web, "web"))
        servers.wait_for(web_port, process, folder / "web.log")
        for name, unit in units.items():
            process = stack.enter_context(_service(installation, unit, name))
            if "gateway" in name:
                servers.wait_for(gateway_port, process, folder / f"{name}.log")
        stack.enter_context(_nginx(installation))
        yield installation


@contextmanager
def _service(installation: Installation, unit: Unit, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    options: dict[str, Any] = {
        "cwd": ROOT,
        "env": installation.environment,
        "umask": int(unit.settings["UMask"], 8),
    }
    log = installation.folder / f"{name}.log"
    with log.open("ab") as output:
        if unit.before:
            done = subprocess.run(unit.before, stdout=output, stderr=output, check=False, **options)
            assert done.returncode == 0, log.read_text()
    with _open_files(unit), servers.running(unit.command, log, **options) as process:
        yield process


@contextmanager
def _open_files(unit: Unit) -> Iterator[None]:
    """The limit of the unit, as far as this machine allows it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    asked = int(unit.settings.get("LimitNOFILE", before[0]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(asked, before[1]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def _make_database(postgresql: servers.PostgreSQL, password: str) -> None:
    for line in paper.block("sh", "createuser").splitlines():
        command = line.removeprefix("sudo -u postgres ").split()
        postgresql.client(*command, typed=f"{password}\n{password}\n")


@contextmanager
def _nginx(installation: Installation) -> Iterator[None]:
    folder = installation.folder
    servers.make_certificate(HOST, certificate=folder / "ssl.pem", key=folder / "ssl.key")
    console = paper.block("nginx", "upstream")
    text = paper.put_in(
        console + paper.block("nginx", f"api.{ASTRO_DOMAIN}", paper=paper.ASTRO_PAPER),
        {
            f"/etc/ssl/{ASTRO_DOMAIN}": str(folder / "ssl"),
            "127.0.0.1:8871": f"127.0.0.1:{installation.web_port}",
            "127.0.0.1:8872": f"127.0.0.1:{installation.environment['GATEWAY_PORT']}",
            "listen 80;": f"listen 127.0.0.1:{installation.plain_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{installation.port} ssl;",
            f"/etc/ssl/{HOST}": str(folder / "ssl"),
            "/var/log/nginx/cloudui.log": str(folder / "nginx-access.log"),
        },
    )
    limits = paper.put_in(paper.block("nginx", "worker_connections"), {"32768": str(_most_files())})
    configuration = folder / "nginx.conf"
    configuration.write_text(FRAME.format(folder=folder, user=getpass.getuser(), limits=limits, servers=text))
    error_log = str(folder / "nginx-error.log")
    command = [servers.program("nginx"), "-c", str(configuration), "-e", error_log]
    log = folder / "nginx.log"
    with servers.running(command, log) as process:
        servers.wait_for(installation.port, process, log)
        yield


def _most_files() -> int:
    return min(32_768, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def closed_to_others(folder: Path) -> list[Path]:
    """What of a folder another user of the machine could not read."""
    return [path for path in [folder, *folder.rglob("*")] if not path.is_symlink() and not _is_open(path)]


def _is_open(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & needed == needed
