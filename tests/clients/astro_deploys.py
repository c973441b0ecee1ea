"""What `astro deploy` of v1.15.1 and of v1.45.0 sends, as both were seen to send it.

The archive goes to an address by itself, without the token, by the library that each was built with.
"""

import base64
import http.client
import json
import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from tests.clients import astro_mutations
from tests.clients.astro import Astro, Panic
from tests.clients.astro_now import AstroNow
from tests.clients.astro_shapes import Failed, Time, decode

BLOCK: Final = 1024 * 1024
INITIATED: Final = {"id": str, "dagUrl": str}
REPORTED: Final = {
    "id": str,
    "runtimeId": str,
    "action": str,
    "versionId": str,
    "status": str,
    "message": str,
    "createdAt": str,
    "initiatorId": str,
    "initiatorType": str,
}
CREATED_IMAGE: Final = {"id": str, "deploymentId": str, "tag": str}
DEPLOYED_IMAGE: Final = {"id": str, "tag": str, "repository": str}
DEPLOY: Final = {
    "id": str,
    "deploymentId": str,
    "type": str,
    "status": str,
    "description": str,
    "isDagDeployEnabled": bool,
    "imageRepository": str,
    "imageTag": str,
    "dagsUploadUrl": str,
    "dagTarballVersion": str,
    "createdAt": Time,
}
# The headers of the library in v1.15.1 (up to v1.42), and in v1.45.0.
LIBRARY: Final = {
    "Accept": "application/xml",
    "User-Agent": "azsdk-go-azblob/v0.4.1 (go1.26.8; linux)",
    "x-ms-version": "2020-10-02",
    "Accept-Encoding": "gzip",
}
LIBRARY_TODAY: Final = {
    **LIBRARY,
    "User-Agent": "azsdk-go-azblob/v1.7.0 (go1.26.8; linux)",
    "x-ms-version": "2026-04-06",
}


class Deploying(Astro):
    """An installation of v1.15.1 that deploys."""

    def deploy_dags(self, deployment: str, archive: bytes) -> dict[str, Any]:
        """`astro deploy ID --dags -f`."""
        found = self.deployment(deployment)
        if not found["dagDeployEnabled"]:
            raise Failed("DAG-only deploys are not enabled for this Deployment.")
        return self._upload_dags(deployment, archive)

    def deploy_image(self, deployment: str, archive: bytes, *, runtime: str) -> dict[str, Any]:
        """`astro deploy ID -f`, whose image is in the registry by then."""
        found = self.deployment(deployment)
        sent = {"tag": runtime, "deploymentId": deployment}
        made = self._ask(astro_mutations.CREATE_IMAGE, {"imageCreateInput": sent})["createImage"]
        organization = found["workspace"]["organizationId"]
        sent = {
            "imageId": decode(CREATED_IMAGE, made)["id"],
            "deploymentId": deployment,
            "tag": "deploy-2026-12-01T16-47",
            "repository": f"localhost:5555/{organization}/{deployment}",
            "dagDeployEnabled": found["dagDeployEnabled"],
        }
        said = self._ask(astro_mutations.DEPLOY_IMAGE, {"imageDeployInput": sent})["deployImage"]
        if said is None:
            raise Panic("deployImage")
        if found["dagDeployEnabled"]:
            self._upload_dags(deployment, archive)
        return dict(decode(DEPLOYED_IMAGE, said))

    def _upload_dags(self, deployment: str, archive: bytes) -> dict[str, Any]:
        data = self._ask(astro_mutations.INITIATE_DAGS, {"input": {"runtimeId": deployment}})
        initiated = decode(INITIATED, data["initiateDagDeployment"])
        version = put_blocks(initiated["dagUrl"], archive, LIBRARY)
        sent = {
            "initiatedDagDeploymentId": initiated["id"],
            "runtimeId": deployment,
            "action": "UPLOAD",
            "versionId": version,
            "status": "SUCCEEDED",
            "message": "DAGs uploaded successfully",
        }
        said = self._ask(astro_mutations.REPORT_DAGS, {"input": sent})["reportDagDeploymentStatus"]
        return dict(decode(REPORTED, said))


class DeployingNow(AstroNow):
    """An installation of v1.45.0 that deploys."""

    def deploy(self, deployment: str, archive: bytes, *, kind: str, **more: Any) -> dict[str, Any]:
        """`astro deploy ID -f`, with `--dags` (DAG_ONLY), with `--image` (IMAGE_ONLY) or neither (IMAGE_AND_DAG)."""
        self._start()
        found = self._call("GET", f"{self._place('deployments')}/{deployment}")
        place = f"{self._place('deployments')}/{deployment}/deploys"
        body = {"description": "", **more, "type": kind}
        made = decode(DEPLOY, self._call("POST", place, _compact(body)))
        if kind != "DAG_ONLY" and not (made["imageRepository"] and made["imageTag"]):
            raise Panic("imageRepository")
        sent: dict[str, str] = {}
        if found["isDagDeployEnabled"]:
            sent["dagTarballVersion"] = "" if kind == "IMAGE_ONLY" else self._upload(made, archive)
        said = self._call("POST", f"{place}/{made['id']}/finalize", _compact(sent))
        return dict(decode(DEPLOY, said))

    def _upload(self, made: Mapping[str, Any], archive: bytes) -> str:
        put = put_whole if len(archive) < BLOCK else put_blocks
        return put(made["dagsUploadUrl"], archive, LIBRARY_TODAY)


def put_whole(url: str, content: bytes, library: Mapping[str, str]) -> str:
    """One request; the version in its answer."""
    headers = {**library, "Content-Type": "application/octet-stream", "x-ms-blob-type": "BlockBlob"}
    return _version(_put(url, content, headers))


def put_blocks(url: str, content: bytes, library: Mapping[str, str]) -> str:
    """A request for each block, and one for their order; the version in its answer."""
    upload = os.urandom(16)
    names = []
    for number, start in enumerate(range(0, len(content), BLOCK)):
        name = base64.b64encode(upload + number.to_bytes(4, "big") + bytes(44)).decode()
        names.append(name)
        block = f"{url}?blockid={quote(name, safe='')}&comp=block"
        headers = {**library, "Content-Type": "application/octet-stream"}
        _put(block, content[start : start + BLOCK], headers)
    rows = "".join(f"<Latest>{name}</Latest>" for name in names)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<BlockList>{rows}</BlockList>'.encode()
    return _version(_put(f"{url}?comp=blocklist", body, {**library, "Content-Type": "application/xml"}))


# Private


def _put(url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.putrequest(
            "PUT",
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            skip_accept_encoding=True,
        )
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read()
        received = {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()
    if answer.status != 201:
        raise Failed(
            f"RESPONSE {answer.status}: ERROR CODE {received.get('x-ms-error-code')}: {text.decode()}"
        )
    return received


def _version(headers: Mapping[str, str]) -> str:
    if not headers.get("x-ms-version-id"):
        raise Panic("x-ms-version-id")
    return headers["x-ms-version-id"]


def _compact(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), sort_keys=True)
