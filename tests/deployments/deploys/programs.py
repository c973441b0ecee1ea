"""How these tests call the REST interface: programs with a token, in JSON."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apikeys.tokens import access_tokens
from deployments.models import Deployment
from tests.apikeys.machine import JSON
from tests.factories import create_api_key, create_member
from workspaces.models import Role, User


class Program:
    """Somebody who calls with an access token."""

    def __init__(self, token: str) -> None:
        self.authorization = f"Bearer {token}"
        self.client = Client(headers={"Authorization": self.authorization}, raise_request_exception=False)

    def send(
        self, method: str, path: str, body: Any = None, *, kind: str = JSON, **headers: str
    ) -> HttpResponse:
        """Send a body as it is if it is bytes, and as JSON otherwise; none for None."""
        if body is None:
            return getattr(self.client, method)(path, headers=headers)
        data = body if isinstance(body, bytes) else json.dumps(body)
        return getattr(self.client, method)(path, data, content_type=kind, headers=headers)

    def get(self, path: str) -> HttpResponse:
        return self.send("get", path)

    def post(self, path: str, body: Any = None, *, kind: str = JSON, key: str = "") -> HttpResponse:
        """With an Idempotency-Key, if one is given."""
        return self.send("post", path, body, kind=kind, **({"Idempotency-Key": key} if key else {}))

    def put(self, path: str, body: Any) -> HttpResponse:
        return self.send("put", path, body)

    def patch(self, path: str, body: Any) -> HttpResponse:
        return self.send("patch", path, body)

    def delete(self, path: str) -> HttpResponse:
        return self.send("delete", path)


def of_key(deployment: Deployment, *, name: str = "CI") -> Program:
    """A pipeline with a new API key of the Deployment."""
    key = create_api_key(deployment, name=name).key
    token, _ = access_tokens.mint_for_key(
        key_id=key.pk,
        deployment=deployment.pk,
        workspace=deployment.workspace_id,
        secret=1,
        generation=key.generation,
        ends_at=None,
    )
    return Program(token)


def of_person(user: User) -> Program:
    """A person with the token of /token."""
    return Program(access_tokens.mint_for_user(user)[0])


def of_role(deployment: Deployment, role: Role) -> Program:
    """A new person with this role in the Deployment's Workspace."""
    return of_person(create_member(workspace=deployment.workspace, role=role))


def at(deployment: Deployment, *parts: str) -> str:
    """The path of a Deployment, or of something in it."""
    return "/".join(["/v1/deployments", deployment.pk, *parts])


def fields_of(response: Any) -> dict[str, str]:
    """The fields that a 422 is about, each with its sentence."""
    assert response.status_code == 422, response.content
    content = json.loads(response.content)
    assert content.keys() == {"error", "error_description", "fields"}
    assert content["error"] == "invalid_request"
    return {error["field"]: error["message"] for error in content["fields"]}


def refusal_of(response: Any) -> tuple[int, str]:
    """Status and code of any other refusal."""
    content = json.loads(response.content)
    assert content.keys() >= {"error", "error_description"}, content
    assert response.headers["Content-Type"] == JSON
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, content["error"]
