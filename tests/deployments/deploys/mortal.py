"""A server that is killed in the middle of a deploy, again and again. Run as a program by test_killed.py.

It prepares everything once and then forks for each order, so that a death costs milliseconds. An order is a
line of standard input, an answer a line of JSON on standard output:

    deploy <number>        deploy and roll back for ever; answers with the process to kill
    deploy <number> <n>    deploy once and die by SIGKILL before step n; answers with how it ended
    look                   restart: do the housekeeping, answer with what the disk and the history say
"""

import io
import json
import os
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from cloudui.web import keyring

FILES = 4
# Whatever changes the disk; reading cannot leave anything half done.
STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.chmod"}


def main() -> None:
    keyring.ensure(Path(os.environ["CLOUDUI_DATA_DIR"]))
    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection

    made = _prepare()
    connection.close()
    _answer({"ready": made})
    for order in sys.stdin:
        what, *numbers = order.split()
        child = os.fork()
        if not child:
            _obey(what, [int(number) for number in numbers])
            os._exit(0)
        if what == "deploy" and len(numbers) == 1:
            _answer({"process": child})
        _, status = os.waitpid(child, 0)
        if what == "deploy":
            _answer({"killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL})


def _prepare() -> str:
    from tests.factories import create_deployment

    return create_deployment(name="Mortal", release_name="mortal-moon-1").pk


def _obey(what: str, numbers: list[int]) -> None:
    if what == "look":
        _answer(_look())
    elif len(numbers) == 2:
        _die_before(numbers[1])
        _deploy(numbers[0])
    else:
        for number in count(numbers[0]):
            _deploy(number)
            if number % 3 == 0:
                _roll_back()


def _deploy(number: int) -> None:
    from deployments.deploys import service
    from tests.deployments.deploys.archives import files, zipped

    contents = {f"folder/{index}.py": str(number).encode() for index in range(FILES)}
    service.receive(_key(), _deployment(), io.BytesIO(zipped(files(contents))), description=str(number))


def _roll_back() -> None:
    from deployments.deploys import service
    from deployments.models import Deploy

    earlier = Deploy.objects.filter(status="SUCCEEDED").order_by("-created_at")[1:2]
    for deploy in earlier:
        service.roll_back(_key(), _deployment(), deploy)


def _look() -> dict[str, Any]:
    from deployments.deploys import retention
    from deployments.deploys.store.bundles import Bundle
    from deployments.models import Deploy, DeployFailures
    from workspaces.models import AuditEvent

    retention.tidy_up()
    deployment = _deployment()
    bundle = Bundle(deployment.release_name)
    current = deployment.current_deploy
    incoming = bundle.path / "incoming"
    ends = Deploy.objects.order_by("created_at").values_list("pk", "status", "version")
    return {
        "read": bundle.current,
        "said": current.version if current else "",
        "contents": [path.read_text() for path in sorted((bundle.path / "current").rglob("*.py"))],
        "description": Deploy.objects.get(pk=bundle.current).description if bundle.current else "",
        "ends": [list(end) for end in ends],
        "kept": sorted(bundle.versions),
        "incoming": sorted(path.name for path in incoming.iterdir()) if incoming.exists() else [],
        "events": dict(
            AuditEvent.objects.filter(operation__endswith="Deploy").values_list("target", "result")
        ),
        "counted": sum(DeployFailures.objects.values_list("count", flat=True)),
        "by": deployment.updated_by_name,
    }


def _die_before(step: int) -> None:
    """Be killed right before the n-th change of the disk or statement of the database."""
    from django.db import connection

    steps = count(1)
    root = str(Path(os.environ["CLOUDUI_DATA_DIR"], "dags"))

    def reach(*_: object) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and any(root in str(argument) for argument in arguments):
            reach()

    connection.ensure_connection()
    connection.connection.set_trace_callback(reach)
    sys.addaudithook(hook)


def _deployment() -> Any:
    from deployments.models import Deployment

    return Deployment.objects.select_related("current_deploy").get(name="Mortal")


def _key() -> Any:
    from cloudui.web.principal import Kind, Principal

    return Principal(kind=Kind.API_KEY, id="k" * 32, name="CI", deployment=_deployment().pk)


def _answer(value: dict[str, Any]) -> None:
    # In one piece: whoever is killed has answered or not.
    os.write(1, (json.dumps(value) + "\n").encode())


if __name__ == "__main__":
    main()
