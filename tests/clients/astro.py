"""The `astro` command-line client v1.15.1 as its wire contract describes it: what it sends, and how strictly it reads.

It cannot be installed where the tests run. A crash of the client is `Panic`, what it prints before it gives up is
`Failed`.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from tests.clients import astro_mutations, astro_queries
from tests.clients.astro_shapes import DEPLOYMENT, ORGANIZATION, SELF, WORKSPACE, Failed, decode

GO: Final = "Go-http-client/1.1"
VERSION: Final = "1.15.1"


class Panic(Exception):
    """The client dereferenced what is not there: a stack trace, exit status 2."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "")


@dataclass
class Astro:
    """One installation of the client with its configuration file.

    Attributes:
        home: where auth discovery is asked; in the real client always http://localhost:8871.
        core: the setting `local.core`.
        graphql: the setting `local.public_astrohub`.
        environment: the variables that it reads.
        context: what the file keeps of the domain `localhost`.
    """

    home: str
    core: str
    graphql: str
    environment: dict[str, str] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)

    # Commands

    def login(self, token: str) -> None:
        """`astro login localhost -t TOKEN` (2.12)."""
        config = self._discover()
        self.context["token"] = f"Bearer {token}"
        answer = _send("GET", f"{config['domainUrl']}userinfo", {"Authorization": self.context["token"]})
        if answer.status >= 400:
            raise Failed(f"cannot retrieve userinfo: API error ({answer.status}): {answer.text}")
        if not decode({"email": str, "name": str}, json.loads(answer.text))["email"]:
            raise Failed("cannot retrieve email")
        decode(SELF, self._rest("GET", "/users/self?createIfNotExist=true"))
        organization = self._organization()
        self.context.update(organization=organization["id"], short_name=organization["shortName"])
        workspaces = self.workspace_list(is_started=True)
        if len(workspaces) == 1:
            self.context["workspace"] = workspaces[0]["id"]

    def deployment_list(self, *, everywhere: bool = False) -> list[dict[str, Any]]:
        """`astro deployment list [--all]` (2.1)."""
        self._start()
        if not everywhere and not self.context.get("workspace"):
            raise Failed("failed to find a valid workspace: current workspace context not set")
        return self._deployments("" if everywhere else self.context["workspace"])

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        """The first request of `astro deploy ID` (2.10)."""
        self._start()
        data = self._ask(astro_queries.DEPLOYMENT, {"deploymentId": deployment_id})
        found: dict[str, Any] = decode(DEPLOYMENT, data["deployment"])
        return found

    def workspace_list(self, *, is_started: bool = False) -> list[dict[str, Any]]:
        """`astro workspace list` (2.9)."""
        if not is_started:
            self._start()
        data = self._ask(astro_queries.WORKSPACES, {"organizationId": self.context["organization"]})
        found: list[dict[str, Any]] = decode([WORKSPACE], data["workspaces"])
        return found

    def organization_list(self) -> list[dict[str, Any]]:
        """`astro organization list`."""
        self._start()
        return [self._organization()]

    def deployment_delete(self, deployment_id: str) -> None:
        """`astro deployment delete ID -f` (2.6)."""
        self._start()
        self._deployments(self.context["workspace"])
        self._ask(astro_mutations.DELETE, {"input": {"id": deployment_id}})

    def deployment_logs(self, deployment_id: str) -> None:
        """`astro deployment logs ID` (2.8)."""
        self._start()
        levels = ["WARN", "ERROR", "INFO"]
        asked = {"deploymentId": deployment_id, "logCountLimit": 500, "start": "-24hrs", "logLevels": levels}
        self._ask(astro_queries.LOGS, asked)

    # What every command does first (1.3 to 1.6)

    def _start(self) -> None:
        key_id, secret = (self.environment.get(f"ASTRONOMER_KEY_{part}") for part in ("ID", "SECRET"))
        if not (key_id and secret):
            return
        config = self._discover()
        granted = self._exchange(config["domainUrl"], key_id, secret)
        if granted["error"] is not None:
            return
        self.context["token"] = f"Bearer {granted['access_token']}"
        self.context.pop("organization", None)
        organization = self._organization()
        if organization.get("product") is None:
            raise Panic("product")
        found = self._deployments("", organization=organization["id"])
        if not found:
            raise Panic("deployments[0]")
        self.context.update(
            workspace=found[0]["workspace"]["id"],
            organization=organization["id"],
            short_name=organization["shortName"],
            product=organization["product"],
        )

    def _discover(self) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-request-id": "cli-auth-clhv3x2p30000abcd1234efgh",
        }
        answer = _send("GET", f"{self.home}/auth-config", headers)
        if answer.status != 200:
            raise Failed(f"API error ({answer.status}): {answer.text}")
        return decode({"clientId": str, "audience": str, "domainUrl": str}, json.loads(answer.text))

    def _exchange(self, domain_url: str, key_id: str, secret: str) -> dict[str, Any]:
        form = urlencode(
            {
                "audience": "astronomer-ee",
                "client_id": key_id,
                "client_secret": secret,
                "grant_type": "client_credentials",
            }
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        # Added as it is: without a slash at its end this is no address.
        answer = _send("POST", f"{domain_url}oauth/token", headers, form)
        if answer.status >= 400:
            raise Failed(f"API error ({answer.status}): {answer.text}")
        said = json.loads(answer.text)
        shape = {"access_token": str, "expires_in": int, "id_token": str, "token_type": str, "scope": str}
        return {**decode(shape, said), "error": said.get("error")}

    def _organization(self) -> dict[str, Any]:
        found = self._rest("GET", "/organizations")
        if not isinstance(found, list):
            raise Failed("json: cannot unmarshal object into Go value of type []Organization")
        if not found:
            raise Panic("organizations[0]")
        organization: dict[str, Any] = decode(ORGANIZATION, found[0])
        return organization

    def _deployments(self, workspace: str, *, organization: str = "") -> list[dict[str, Any]]:
        asked = {
            "organizationId": organization or self.context.get("organization", ""),
            "workspaceId": workspace,
        }
        data = self._ask(astro_queries.DEPLOYMENTS, asked)
        found: list[dict[str, Any]] = decode([DEPLOYMENT], data["deployments"])
        return found

    def _ask(self, query: str, variables: Any) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "apollographql-client-name": "cli",
            "apollographql-client-version": VERSION,
        }
        if self.context.get("token"):
            headers["authorization"] = self.context["token"]
        if self.context.get("organization"):
            headers["astro-current-org-id"] = self.context["organization"]
        body = json.dumps({"query": query, "variables": variables}, separators=(",", ":"))
        answer = _send("POST", self.graphql, headers, body)
        if answer.status >= 400:
            raise Failed(f"Error processing GraphQL request: API error ({answer.status}): {answer.text}")
        said = json.loads(answer.text)
        if said.get("errors") == []:
            raise Panic("errors[0]")
        if said.get("errors"):
            raise Failed(decode({"message": str}, said["errors"][0])["message"])
        if not isinstance(said.get("data"), dict):
            raise Failed("Failed to JSON decode Astronomer API response")
        data: dict[str, Any] = said["data"]
        return data

    def _rest(self, method: str, path: str, body: Any = None) -> Any:
        headers = {
            "User-Agent": f"astro-cli/{VERSION}",
            "authorization": self.context.get("token", ""),
            "x-astro-client-identifier": "cli",
            "x-astro-client-version": VERSION,
            "x-client-os-identifier": "linux-amd64",
        }
        text = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            text = json.dumps(body, separators=(",", ":"))
        answer = _send(method, f"{self.core}{path}", headers, text)
        if answer.status == 200:
            if not answer.is_json:
                raise Panic("JSON200")
            return json.loads(answer.text)
        if not answer.is_json:
            raise Failed(f"failed to perform request, status {answer.status}")
        error = {"message": str, "requestId": str, "statusCode": int}
        raise Failed(decode(error, json.loads(answer.text))["message"])


def _send(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> Reply:
    """One request with exactly these headers besides those that Go adds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection.putrequest(method, target, skip_accept_encoding=True)
    if "User-Agent" not in headers:
        connection.putheader("User-Agent", GO)
    if body is not None:
        connection.putheader("Content-Length", str(len(body.encode())))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Accept-Encoding", "gzip")
    connection.endheaders(None if body is None else body.encode())
    answer = connection.getresponse()
    received = {name.lower(): value for name, value in answer.getheaders()}
    reply = Reply(answer.status, received, answer.read().decode())
    connection.close()
    return reply
