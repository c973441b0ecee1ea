"""A process is ready before its first request: no visitor waits for what all of them need."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.template import engines

from cloudui import server
from cloudui.web import preloading

ROOT = Path(__file__).resolve().parents[2]
# Starts the application as the server does, has it answer, and tells which modules and templates that took.
FIRST_REQUESTS = """
import io, json, sys
from cloudui.wsgi import application
from django.template import base

compiled = []
init = base.Template.__init__
base.Template.__init__ = lambda self, *args, **kwargs: (compiled.append(args), init(self, *args, **kwargs))[1]
before, answers = set(sys.modules), []
for path in ("/", "/v1/whoami", "/nowhere", "/healthz"):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "HTTP_HOST": "localhost:8871",
               "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"}
    application(environ, lambda status, headers: answers.append(int(status[:3]))).close()
new = [name for name in sys.modules if name not in before]
print(json.dumps({"answers": answers, "new": new, "compiled": len(compiled)}))
"""


@pytest.fixture
def run(tmp_path):
    environment = {
        **os.environ,
        "CLOUDUI_DATA_DIR": str(tmp_path / "data"),
        "CLOUDUI_DEMO": "0",
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "cloudui.settings",
    }

    def run(*arguments):
        command = [sys.executable, "-W", "ignore", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_first_requests_import_and_compile_nothing_of_ours(run):
    run("manage.py", "prepare")

    seen = json.loads(run("-c", FIRST_REQUESTS).splitlines()[-1])

    assert seen["answers"] == [302, 401, 404, 200]
    ours = ("cloudui", "workspaces", "deployments", "apikeys")
    assert [name for name in seen["new"] if name.startswith(ours)] == []
    assert seen["compiled"] == 0


def test_a_template_that_cannot_be_compiled_does_not_end_the_start(monkeypatch, tmp_path):
    (tmp_path / "broken.html").write_text("{% nonsense %}")
    (tmp_path / "sound.html").write_text("<p></p>")
    engine = engines["django"]
    monkeypatch.setattr(engine, "dirs", [tmp_path])
    asked = []

    def get_template(name):
        asked.append(name)
        return engine.from_string((tmp_path / name).read_text())

    monkeypatch.setattr(engine, "get_template", get_template)

    preloading.preload()

    assert asked == ["broken.html", "sound.html"]


def test_the_garbage_collector_leaves_the_application_alone():
    try:
        server.freeze()

        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
