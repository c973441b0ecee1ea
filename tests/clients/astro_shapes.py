"""What the `astro` command-line client v1.15.1 decodes: the types of its structures, read as strictly as Go reads.

Null or missing is the zero value, a wrong type fails the whole answer, a time is RFC 3339, an integer has no point.
"""

import re
from typing import Any, Final


class Failed(Exception):
    """The client gave up with exit status 1; its text is what it printed."""


class Time:
    """An RFC 3339 time in an answer."""

    PATTERN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


CLUSTER = {
    "id": str,
    "name": str,
    "cloudProvider": str,
    "region": str,
    "nodePools": [{"id": str, "nodeInstanceType": str, "isDefault": bool, "createdAt": Time}],
}
DEPLOYMENT = {
    "id": str,
    "label": str,
    "description": str,
    "status": str,
    "releaseName": str,
    "schedulerSize": str,
    "dagDeployEnabled": bool,
    "apiKeyOnlyDeployments": bool,
    "isHighAvailability": bool,
    "alertEmails": [str],
    "createdAt": Time,
    "updatedAt": Time,
    "cluster": CLUSTER,
    "workspace": {"id": str, "label": str, "organizationId": str},
    "runtimeRelease": {"version": str, "airflowVersion": str, "channel": str},
    "workerQueues": [
        {
            "id": str,
            "name": str,
            "nodePoolId": str,
            "podCpu": str,
            "podRam": str,
            "isDefault": bool,
            "minWorkerCount": int,
            "maxWorkerCount": int,
            "workerConcurrency": int,
        }
    ],
    "deploymentSpec": {
        "executor": str,
        "image": {"tag": str},
        "webserver": {"url": str},
        "scheduler": {"au": int, "replicas": int},
        "environmentVariablesObjects": [{"key": str, "value": str, "updatedAt": str, "isSecret": bool}],
    },
}
WORKSPACE = {"id": str, "label": str, "organizationId": str}
ORGANIZATION = {"id": str, "name": str, "shortName": str, "createdAt": Time, "updatedAt": Time}
SELF = {
    "id": str,
    "username": str,
    "fullName": str,
    "status": str,
    "avatarUrl": str,
    "createdAt": Time,
    "updatedAt": Time,
}
VARIABLE = {"key": str, "value": str, "updatedAt": str, "isSecret": bool}
ALERTS = {"alertEmails": [str]}
AU = {"default": int, "limit": int, "request": int}
MACHINE = {
    **dict.fromkeys(("type", "cpu", "memory", "storageSize", "nodePoolType"), str),
    "concurrentTasks": int,
}
SIZE = {"cpu": str, "memory": str, "size": str}
CONFIG_OPTIONS = {
    "components": {
        "scheduler": {"au": AU, "replicas": {"default": int, "limit": int, "minimum": int}},
        "webserver": {"au": AU},
        "executor": {"celeryExecutor": {"name": str}, "kubernetesExecutor": {"name": str}},
    },
    "astroUnit": {"cpu": int, "memory": int},
    "runtimeReleases": [{"version": str, "channel": str}],
    "astroMachines": [MACHINE],
    "defaultAstroMachine": MACHINE,
    "schedulerSizes": [SIZE],
    "defaultSchedulerSize": SIZE,
}
LIMITS = {"floor": int, "ceiling": int, "default": int}
QUEUE_OPTIONS = {"minWorkerCount": LIMITS, "maxWorkerCount": LIMITS, "workerConcurrency": LIMITS}
PAGE = {"totalCount": int, "offset": int, "limit": int}
WORKSPACES = {
    **PAGE,
    "workspaces": [
        {
            "id": str,
            "name": str,
            "description": str,
            "organizationId": str,
            "apiKeyOnlyDeploymentsDefault": bool,
            "createdAt": Time,
            "updatedAt": Time,
        }
    ],
}
MEMBERS = {**PAGE, "users": [{**SELF, "workspaceRole": str, "orgRole": str}]}


def decode(shape: Any, value: Any) -> Any:
    """The value as Go reads it into a type.

    Raises:
        Failed: for a JSON type that does not fit.
    """
    if isinstance(shape, dict):
        if not isinstance(value or {}, dict):
            raise Failed(f"Failed to JSON decode: {value!r} is no object")
        given = value or {}
        unknown = {name: given[name] for name in given if name not in shape}
        return {**unknown, **{name: decode(each, given.get(name)) for name, each in shape.items()}}
    if isinstance(shape, list):
        if not isinstance(value, list | None):
            raise Failed(f"Failed to JSON decode: {value!r} is no list")
        return [decode(shape[0], each) for each in value or []]
    if shape is Time:
        if value is not None and not (isinstance(value, str) and Time.PATTERN.fullmatch(value)):
            raise Failed(f"Failed to JSON decode: {value!r} is no time")
        return value
    if value is None:
        return shape()
    if type(value) is not shape:
        raise Failed(f"Failed to JSON decode: {value!r} is not {shape.__name__}")
    return value
