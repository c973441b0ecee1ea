"""What the tests of the keeper look at."""

import os
import time

from deployments.airflow.runner import processes
from deployments.airflow.runner.place import Place
from deployments.models import Airflow, Deployment, Status
from deployments.variables.service import VariableInput, save_variables
from tests.factories import create_member
from workspaces.models import Role
from workspaces.principals import principal_for


def until(happened):
    end = time.monotonic() + 60
    while not (found := happened()):
        assert time.monotonic() < end, Airflow.objects.values()
        time.sleep(0.05)
    return found


def status():
    return Deployment.objects.get().status


def place():
    return Place(Deployment.objects.get().release_name)


def process_of(component):
    """The process of the stand-in, which the shell has become."""
    for process in processes.family(os.getpid(), processes.table()):
        if processes.command_line(process.id).endswith(f"airflow {component} ") or (
            f"airflow {component} --" in processes.command_line(process.id)
        ):
            return process.id
    return None


def healthy():
    until(lambda: status() == Status.HEALTHY)


def set_variables(**values):
    deployment = Deployment.objects.get()
    editor = principal_for(create_member(workspace=deployment.workspace, role=Role.EDITOR))
    save_variables(editor, deployment, [VariableInput(key, value) for key, value in values.items()])
