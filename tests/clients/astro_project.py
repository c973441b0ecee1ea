"""A folder with a project of the `astro` client, and a stand-in for the `docker` that it runs.

No Docker Engine is needed: the stand-in builds and pushes nothing, and keeps what it was told.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

from tests.clients.real_astro import RealAstro

# The engine's own interface, which the client tries before `docker push`, is at an address where nobody answers.
NO_ENGINE: Final = "tcp://127.0.0.1:9"
DOCKER: Final = """\
#!/bin/sh
printf '%s\\n' "$*" >> "$DOCKER_SEEN"
case "$1" in
    inspect) echo "$DOCKER_LABEL" ;;
    login) cat >> "$DOCKER_SEEN" ;;
esac
"""


def add_project(astro: RealAstro, *, runtime: str) -> Path:
    """Let the client work in a project with one DAG, whose image has the label of that runtime.

    What `docker` was told is in the file `docker` beside the project's folder.
    """
    folder = astro.home.parent / "project"
    for name, text in (
        (".astro/config.yaml", "project:\n  name: demo\n"),
        (".dockerignore", ""),
        ("Dockerfile", f"FROM astro-runtime:{runtime}\n"),
        ("dags/a.py", "print(1)"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    programs = astro.home.parent / "programs"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    astro.folder = folder
    # The client of 2023 asks whether a runtime is meant that it could not look up at its maker's site.
    astro.answers = "y\n"
    astro.environment.update(
        PATH=f"{programs}:{os.environ['PATH']}",
        DOCKER_HOST=NO_ENGINE,
        DOCKER_LABEL=runtime,
        DOCKER_SEEN=str(folder.parent / "docker"),
    )
    return folder


def commit(folder: Path, message: str) -> str:
    """Make the project a repository with that commit, which came from GitHub; the commit's name."""
    for arguments in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("config", "remote.origin.url", "https://github.com/acme/etl.git"),
        ("add", "."),
        ("-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "--quiet", "-m", message),
        ("rev-parse", "HEAD"),
    ):
        ran = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()
