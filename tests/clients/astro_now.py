"""The `astro` client v1.45.0 as its wire contract describes it: what it sends, and how strictly it reads.

A crash of the client is `Panic`, what it prints before it gives up is `Failed`. `astro_today` has the types.
"""

import base64
import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from tests.clients.astro import Panic
from tests.clients.astro_shapes import Failed, decode
from tests.clients.astro_today import (
    CLUSTER,
    DEPLOYMENT,
    LOG,
    NEVER_NULL,
    OPTIONS,
    ORGANIZATION,
    USER,
    WORKSPACE,
    page,
)

VERSION: Final = "1.45.0"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


@dataclass
class AstroNow:
    """One installation of the client, in a context whose requests all go to one server.

    Attributes:
        base: the server.
        environment: the variables that it reads.
        context: what its file keeps: token, organization, workspace.
        sent: the requests of the last command, as method and path.
    """

    base: str
    environment: dict[str, str] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    # Commands

    def deployment_list(self, *, everywhere: bool = False) -> list[dict[str, Any]]:
        """`astro deployment list [--all]`."""
        self._start()
        return self._deployments([] if everywhere else [self.context["workspace"]])

    def workspace_list(self) -> list[dict[str, Any]]:
        """`astro workspace list`."""
        self._start()
        return self._rows("workspaces", WORKSPACE, {"limit": "1000", "offset": "0", "sorts": "name:asc"})

    def inspect(self, name: str) -> dict[str, Any]:
        """`astro deployment inspect -n NAME`."""
        self._start()
        found = self._pick(name)
        self._cluster(found)
        return found

    def update(self, name: str, /, **flags: Any) -> dict[str, Any]:
        """`astro deployment update` by flags, and what variables and worker queues do: all is sent back."""
        self._start()
        found = self._pick(name)
        self._options()
        cluster = self._cluster(found)
        return self._replace(found, cluster, flags)

    def apply(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """`astro deployment update --deployment-file`: exactly the variables and addresses of the file."""
        self._start()
        clusters = self._rows("clusters", CLUSTER, {"limit": "1000"})
        cluster = next(each for each in clusters if each["name"] == document["cluster_name"])
        self._rows("workspaces", WORKSPACE, {"limit": "1000", "offset": "0", "sorts": "name:asc"})
        found = self._pick(document["name"])
        flags = {
            "isCicdEnforced": document.get("ci_cd_enforcement", False),
            "scheduler": {
                "au": document.get("scheduler_au", 0),
                "replicas": document.get("scheduler_count", 0),
            },
            "environmentVariables": document.get("environment_variables", []),
            "contactEmails": document.get("alert_emails"),
            "workloadIdentity": "",
        }
        return self._replace(found, cluster, flags)

    def logs(self, name: str) -> list[Any]:
        """`astro deployment logs`, which asks on while it gets as many as it asked for."""
        self._start()
        found = self._pick(name)
        sources = ["webserver", "scheduler", "triggerer", "worker", "dag-processor"]
        query = urlencode(
            {"limit": 500, "maxNumResults": 500, "offset": 0, "range": 86400, "sources": sources}, doseq=True
        )
        said = decode(LOG, self._call("GET", f"{self._place('deployments')}/{found['id']}/logs?{query}"))
        if said["resultCount"] >= said["limit"]:
            raise Panic("It asks for ever.")
        return list(said["results"])

    def users(self, workspace: str = "") -> list[dict[str, Any]]:
        """`astro workspace user list`, or `organization user list`."""
        self._start()
        query = {"limit": "100", "offset": "0", **({"workspaceId": workspace} if workspace else {})}
        return self._rows("users", USER, query)

    # What they have in common

    def _start(self) -> None:
        """Sign in with what the variables hold: a key, or a token that the client reads itself."""
        self.sent.clear()
        token = self.environment.get("ASTRO_API_TOKEN", "")
        if token:
            self._read_token(token)
            self._organization()
        elif "ASTRONOMER_KEY_ID" in self.environment:
            self._exchange()
            self.context["organization"] = self._organization()["id"]
            deployments = self._deployments([])
            if not deployments:
                raise Panic("index out of range [0] with length 0")
            self.context["workspace"] = deployments[0]["workspaceId"]

    def _exchange(self) -> None:
        found = self._call("GET", "/private/v1alpha1/cli/auth-config")
        if not found["domainUrl"].endswith("/"):
            raise Failed(f"unsupported protocol scheme {found['domainUrl']}oauth")
        form = {
            "audience": "astronomer-ee",
            "client_id": self.environment["ASTRONOMER_KEY_ID"],
            "client_secret": self.environment["ASTRONOMER_KEY_SECRET"],
            "grant_type": "client_credentials",
        }
        said = self._call("POST", "/oauth/token", urlencode(form), kind=FORM)
        self.context["token"] = decode({"access_token": str, "expires_in": int}, said)["access_token"]

    def _read_token(self, token: str) -> None:
        """What the client takes out of a token; it does not check who signed it."""
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        decode({"permissions": [str], "exp": int, "sub": str, "iss": str}, claims)
        if not claims.get("permissions"):
            raise Failed("not an API token")
        if not all(":" in each for each in claims["permissions"]):
            raise Panic("index out of range [1] with length 1")
        named = dict(each.split(":", 1) for each in claims["permissions"])
        self.context.update(token=token, organization=named["organizationId"])
        self.context["workspace"] = named.get("workspaceId", self.context.get("workspace", ""))

    def _organization(self) -> dict[str, Any]:
        said = self._call("GET", "/v1/organizations?limit=100&offset=0")
        _require("organization", said["organizations"][0])
        return dict(decode(page("organizations", ORGANIZATION), said)["organizations"][0])

    def _deployments(self, workspaces: Sequence[str]) -> list[dict[str, Any]]:
        query: dict[str, Any] = {"limit": "1000", "offset": "0"}
        if workspaces:
            query["workspaceIds"] = list(workspaces)
        return self._rows("deployments", DEPLOYMENT, query)

    def _pick(self, name: str) -> dict[str, Any]:
        named = [each for each in self._deployments([self.context["workspace"]]) if each["name"] == name]
        if not named:
            raise Failed("the Deployment specified was not found in this workspace.")
        raw = self._call("GET", f"{self._place('deployments')}/{named[0]['id']}")
        _require("deployment", raw)
        for queue in raw["workerQueues"]:
            _require("queue", queue)
        return dict(decode(DEPLOYMENT, raw))

    def _cluster(self, deployment: Mapping[str, Any]) -> dict[str, Any]:
        raw = self._call("GET", f"{self._place('clusters')}/{deployment['clusterId']}")
        _require("cluster", raw)
        return dict(decode(CLUSTER, raw))

    def _options(self) -> dict[str, Any]:
        return dict(decode(OPTIONS, self._call("GET", self._place("deployment-options"))))

    def _replace(
        self, found: Mapping[str, Any], cluster: Mapping[str, Any], flags: Mapping[str, Any]
    ) -> dict[str, Any]:
        body = {
            "type": "HYBRID",
            "name": found["name"],
            "description": found["description"],
            "workspaceId": found["workspaceId"],
            "executor": found["executor"],
            "isCicdEnforced": found["isCicdEnforced"],
            "isDagDeployEnabled": found["isDagDeployEnabled"],
            "scheduler": {"au": found["schedulerAu"], "replicas": found["schedulerReplicas"]},
            "environmentVariables": [
                {name: each[name] for name in ("key", "value", "isSecret")}
                for each in found["environmentVariables"]
            ],
            "workerQueues": [
                {name: value for name, value in queue.items() if not name.startswith("pod")}
                for queue in found["workerQueues"]
            ],
            **flags,
        }
        if body["executor"] == "KUBERNETES":
            body["workerQueues"] = None
            body["taskPodNodePoolId"] = cluster["nodePools"][0]["id"]
        raw = self._call("POST", f"{self._place('deployments')}/{found['id']}", json.dumps(body))
        _require("deployment", raw)
        return dict(decode(DEPLOYMENT, raw))

    def _rows(self, name: str, shape: Any, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        offset = 0
        while True:
            asked = {**query, **({"offset": str(offset)} if "offset" in query else {})}
            raw = self._call("GET", f"{self._place(name)}?{urlencode(sorted(asked.items()), doseq=True)}")
            part = decode(page(name, shape), raw)
            found += part[name]
            offset += len(part[name])
            # Without its length a list ends with its first part.
            if not part[name] or offset >= part["totalCount"]:
                return found

    def _place(self, name: str) -> str:
        return f"/v1/organizations/{quote(self.context['organization'])}/{name}"

    def _call(self, method: str, path: str, body: str | None = None, *, kind: str = JSON) -> Any:
        self.sent.append(f"{method} {path}")
        headers = {"Accept-Encoding": "gzip", **({"Content-Type": kind} if body is not None else {})}
        if kind != FORM:
            headers |= {
                "User-Agent": f"astro-cli/{VERSION}",
                "x-astro-client-identifier": "cli",
                "x-astro-client-version": VERSION,
                "x-client-os-identifier": "linux-amd64",
                # It is sent also when there is none.
                "authorization": f"Bearer {self.context.get('token', '')}",
            }
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return _read(answer.status, answer.headers.get("Content-Type", ""), text)


def _read(status: int, kind: str, text: str) -> Any:
    if status >= 400 and "error_description" in text:
        raise Failed(f"API error ({status}): {text}")
    if status not in {200, 204}:
        if "json" not in kind:
            raise Failed(f"failed to perform request, status {status}")
        said = decode({"message": str, "requestId": str, "statusCode": int}, json.loads(text))
        raise Failed(said["message"])
    if "json" not in kind:
        raise Panic("nil pointer dereference")
    return json.loads(text)


def _require(what: str, value: Mapping[str, Any]) -> None:
    missing = [name for name in NEVER_NULL[what] if value.get(name) is None]
    if missing:
        raise Panic(f"nil pointer dereference: {missing}")
