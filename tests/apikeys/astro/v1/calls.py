"""How these tests call the interface of the client of today, and what that client reads of an answer."""

from typing import Any, Final

from django.conf import settings

from apikeys.tokens import access_tokens
from deployments.models import Deployment, RuntimeRelease
from tests.deployments.deploys.programs import Program
from workspaces.models import User

SECRET: Final = "kept-and-never-shown"
NEVER_EXISTED: Final = "c" + "0" * 24


def at(*parts: str, base: str = "/v1") -> str:
    """An address inside the Organization."""
    return "/".join([base, "organizations", settings.ORGANIZATION_ID, *parts])


def of(deployment: Deployment, *parts: str) -> str:
    """An address of a Deployment."""
    return at("deployments", deployment.pk, *parts)


def of_person(user: User) -> Program:
    """A program with a token of a person."""
    return Program(access_tokens.mint_for_user(user)[0])


def read(response: Any) -> Any:
    """The answer of a success: 200 and JSON, and nothing else counts as one."""
    assert (response.status_code, response["Content-Type"]) == (200, "application/json"), response.content
    return response.json()


def refusal(response: Any, status: int) -> str:
    """The sentence of a failure in the one shape that the client prints."""
    assert response.status_code == status, response.content
    body = response.json()
    assert body == {"message": body["message"], "requestId": "", "statusCode": status}
    assert body["message"]
    return body["message"]


def sent_back(shown: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The change that the client makes of what it read: all of it as it was, and what is changed."""
    queues = [
        {name: value for name, value in queue.items() if not name.startswith("pod")}
        for queue in shown["workerQueues"]
    ]
    return {
        "type": "HYBRID",
        "name": shown["name"],
        "description": shown["description"],
        "workspaceId": shown["workspaceId"],
        "executor": shown["executor"],
        "isCicdEnforced": shown["isCicdEnforced"],
        "isDagDeployEnabled": shown["isDagDeployEnabled"],
        "scheduler": {"au": shown["schedulerAu"], "replicas": shown["schedulerReplicas"]},
        "environmentVariables": [
            {name: each[name] for name in ("key", "value", "isSecret")}
            for each in shown["environmentVariables"]
        ],
        "workerQueues": queues,
        **changes,
    }


def new_deployment(like: Deployment, **changes: Any) -> dict[str, Any]:
    """What the client sends to make one beside another one."""
    return {
        "type": "HYBRID",
        "name": "Made",
        "workspaceId": like.workspace_id,
        "clusterId": like.cluster_id,
        "description": "",
        "astroRuntimeVersion": RuntimeRelease.objects.offered()[0].pk,
        "executor": "CELERY",
        "isCicdEnforced": False,
        "isDagDeployEnabled": False,
        "workloadIdentity": "",
        **changes,
    }
