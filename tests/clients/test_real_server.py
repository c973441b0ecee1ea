"""What only the real server can show: chunks, its log, what all workers counted, and that none is lost at its end."""

import json
import os
import signal
import sqlite3
import subprocess
import time

import requests

from tests.browser.installation import running

SECONDS = 20


def eventually(is_so):
    end = time.monotonic() + SECONDS
    while True:
        try:
            if is_so():
                return
        except (requests.RequestException, ValueError):
            pass  # of a worker that was just killed
        assert time.monotonic() < end
        time.sleep(0.1)


MAKE_A_KEY = """
from pathlib import Path
from apikeys.keys import create_key
from deployments.models import Deployment
from workspaces.models import User
from workspaces.principals import principal_for
owner = principal_for(User.objects.owners().first())
issued = create_key(owner, Deployment.objects.first(), name="Burst", description="", nonce="b" * 32)
Path({path!r}).write_text(issued.key.pk + " " + issued.secret.reveal())
"""


def test_a_burst_before_the_end_of_a_server_is_counted_whole(tmp_path):
    kept = tmp_path / "key"
    with running(tmp_path / "one") as installation:
        installation.manage("shell", "--command", MAKE_A_KEY.format(path=str(kept)))
        key_id, secret = kept.read_text().split()
        for _ in range(12):
            answer = requests.post(
                f"{installation.url}/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(key_id, secret),
                timeout=SECONDS,
            )
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            who = requests.get(f"{installation.url}/v1/whoami", headers=headers, timeout=SECONDS)
            assert who.status_code == 200
        body = f"grant_type=client_credentials&client_id={key_id}&client_secret={secret}"
        curl = ["curl", "-sS", "--noproxy", "*", "-H", "Transfer-Encoding: chunked", "-d", body]
        in_chunks = subprocess.run(
            [*curl, f"{installation.url}/oauth/token"], capture_output=True, text=True, check=True
        )
        assert "access_token" in json.loads(in_chunks.stdout)
        for path in (f"/oauth/token?client_secret={secret}", f"/nothing/{secret}", f"/?q={secret}"):
            assert requests.get(f"{installation.url}{path}", timeout=SECONDS).status_code == 400

    log = installation.log.read_text()
    assert secret not in log
    assert log.count(f"caller=api_key:{key_id} route=/v1/whoami ") == 12
    with sqlite3.connect(installation.directory / "cloudui.sqlite3") as database:
        counts = database.execute("SELECT sum(count) FROM apikeys_apikeyuse WHERE key_id = ?", [key_id])
        assert counts.fetchone() == (25,)


def test_the_metrics_are_those_of_all_workers_also_of_one_that_was_killed(tmp_path):
    with running(tmp_path / "one", WEB_WORKERS="2") as installation:
        calls = 'cloudui_requests_total{method="GET",route="/.well-known/jwks.json",status="200"}'

        def ask(path):
            return requests.get(f"{installation.url}{path}", timeout=SECONDS).text

        def figure(name):
            [*_, value] = [line for line in ask("/metrics").splitlines() if line.startswith(name)]
            return float(value.rpartition(" ")[2])

        for _ in range(30):
            ask("/.well-known/jwks.json")
        eventually(lambda: figure(calls) == 30)
        directory = installation.directory / "metrics" / str(installation.port)
        kept = {file.name for file in directory.iterdir()}

        for _ in range(2):
            victim = installation.workers()[0]
            os.kill(victim, signal.SIGKILL)
            eventually(lambda victim=victim: len({*installation.workers()} - {victim}) == 2)
            eventually(lambda: figure("cloudui_workers") == 2)

        assert figure(calls) == 30
        assert {file.name for file in directory.iterdir()} == kept
