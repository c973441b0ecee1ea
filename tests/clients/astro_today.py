"""What the `astro` client v1.45.0 decodes: the types of its structures, which `decode` reads as strictly as Go.

`NEVER_NULL` is what it looks at without asking whether it is there: a stack trace, exit status 2.
"""

from typing import Any, Final

from tests.clients.astro_shapes import Time

ORGANIZATION: Final = {"id": str, "name": str, "product": str, "status": str, "isScimEnabled": bool}
WORKSPACE: Final = {
    "id": str,
    "name": str,
    "description": str,
    "organizationId": str,
    "organizationName": str,
    "cicdEnforcedDefault": bool,
    "createdAt": Time,
    "updatedAt": Time,
}
VARIABLE: Final = {"key": str, "value": str, "isSecret": bool, "updatedAt": Time}
QUEUE: Final = {
    "id": str,
    "name": str,
    "isDefault": bool,
    "maxWorkerCount": int,
    "minWorkerCount": int,
    "workerConcurrency": int,
    "nodePoolId": str,
    "podCpu": str,
    "podMemory": str,
}
DEPLOYMENT: Final = {
    "id": str,
    "name": str,
    "description": str,
    "namespace": str,
    "type": str,
    "status": str,
    "workspaceId": str,
    "workspaceName": str,
    "organizationId": str,
    "clusterId": str,
    "clusterName": str,
    "cloudProvider": str,
    "region": str,
    "runtimeVersion": str,
    "astroRuntimeVersion": str,
    "airflowVersion": str,
    "executor": str,
    "schedulerAu": int,
    "schedulerReplicas": int,
    "isDagDeployEnabled": bool,
    "isCicdEnforced": bool,
    "isHighAvailability": bool,
    "isDevelopmentMode": bool,
    "imageRepository": str,
    "imageTag": str,
    "taskPodNodePoolId": str,
    "webServerUrl": str,
    "webServerAirflowApiUrl": str,
    "contactEmails": [str],
    "environmentVariables": [VARIABLE],
    "workerQueues": [QUEUE],
    "createdAt": Time,
    "updatedAt": Time,
}
CLUSTER: Final = {
    "id": str,
    "name": str,
    "cloudProvider": str,
    "region": str,
    "status": str,
    "type": str,
    "organizationId": str,
    "nodePools": [
        {
            "id": str,
            "name": str,
            "nodeInstanceType": str,
            "cloudProvider": str,
            "clusterId": str,
            "isDefault": bool,
            "maxNodeCount": int,
        }
    ],
    "createdAt": Time,
    "updatedAt": Time,
}
_LIMITS: Final = {"floor": int, "ceiling": int, "default": int}
OPTIONS: Final = {
    "executors": [str],
    "runtimeReleases": [{"version": str, "airflowVersion": str, "channel": str}],
    "schedulerMachines": [{}],
    "workerMachines": [{}],
    "workerQueues": {"minWorkers": _LIMITS, "maxWorkers": _LIMITS, "workerConcurrency": _LIMITS},
}
USER: Final = {
    "id": str,
    "username": str,
    "fullName": str,
    "avatarUrl": str,
    "status": str,
    "organizationRole": str,
    "workspaceRoles": [{"workspaceId": str, "role": str}],
    "createdAt": Time,
    "updatedAt": Time,
}
LOG: Final = {
    "limit": int,
    "maxNumResults": int,
    "offset": int,
    "resultCount": int,
    "results": [{"raw": str, "source": str}],
    "searchId": str,
}

NEVER_NULL: Final = {
    "organization": ("id", "product"),
    "deployment": (
        "type",
        "executor",
        "workspaceName",
        "clusterId",
        "clusterName",
        "schedulerAu",
        "workerQueues",
    ),
    "queue": ("nodePoolId",),
    "cluster": ("nodePools",),
}


def page(name: str, shape: Any) -> dict[str, Any]:
    """A part of a list. Without its length the client reads no further."""
    return {name: [shape], "totalCount": int, "limit": int, "offset": int}
