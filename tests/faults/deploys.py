"""A deploy over a slow line arrives; what nobody may send is refused before it is sent."""

import http.client
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator
from typing import Final

from tests.faults.stage import Stage, prepared, require

BYTES_A_SECOND: Final = 5_000_000 // 8
# Longer than a body may bring nothing, so that its average is looked at.
SLOW_BYTES: Final = 25_000_000
LARGE_BYTES: Final = 200_000_000
FILE_BYTES: Final = 20_000_000


def check() -> Iterator[str]:
    with prepared() as stage:
        stage.start()
        path = f"/v1/deployments/{_deployment(stage)}/deploys"
        began = time.monotonic()
        status = _send(stage, path, archive(SLOW_BYTES), pace=BYTES_A_SECOND)
        require(status == 201, f"The slow deploy was {status}.")
        yield f"{SLOW_BYTES:,} bytes at 5 Mbit/s were deployed in {time.monotonic() - began:.0f} s"
        began = time.monotonic()
        status = _send(stage, path, archive(LARGE_BYTES))
        require(status == 201, f"The large deploy was {status}.")
        yield f"{LARGE_BYTES:,} bytes were deployed in {time.monotonic() - began:.0f} s"
        for what, token in (("nobody", ""), ("a forged token", "forged")):
            status = _send(stage, path, LARGE_BYTES * b"x", token=token)
            require(status == 401, f"The deploy of {what} was {status}.")
            yield f"{LARGE_BYTES:,} bytes of {what} were refused with 401"
        require(_send(stage, "/oauth/token", LARGE_BYTES * b"x") == 413, "A large exchange was not refused.")
        yield f"{LARGE_BYTES:,} bytes at the token endpoint were refused with 413"


def _deployment(stage: Stage) -> str:
    _, body = stage.exchange(stage.port)
    token = json.loads(body)["access_token"]
    stage.seed["token"] = token
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=30)
    connection.request("GET", "/v1/whoami", headers={"Authorization": f"Bearer {token}"})
    deployment: str = json.loads(connection.getresponse().read())["deployment"]["id"]
    connection.close()
    return deployment


def archive(size: int, *, filled_with: bytes = b"") -> bytes:
    """A tar with files of so many bytes together, of random ones unless a byte is given."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for number, start in enumerate(range(0, size, FILE_BYTES)):
            member = tarfile.TarInfo(f"dags/{number}.bin")
            member.size = min(FILE_BYTES, size - start)
            content = filled_with * member.size or os.urandom(member.size)
            tar.addfile(member, io.BytesIO(content))
    return data.getvalue()


def _send(stage: Stage, path: str, body: bytes, *, pace: int = 0, token: str | None = None) -> int:
    """Send a body, at so many bytes a second, until it is sent or an answer comes; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=120)
    connection.putrequest("POST", path)
    connection.putheader("Authorization", f"Bearer {stage.seed['token'] if token is None else token}")
    connection.putheader("Content-Type", "application/x-tar")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    began = time.monotonic()
    step = max(pace // 10, 1) if pace else 1_000_000
    try:
        for start in range(0, len(body), step):
            connection.send(body[start : start + step])
            if pace:
                time.sleep(max(0, began + (start + step) / pace - time.monotonic()))
    except OSError:
        pass  # the answer came before the end, and says why
    status = connection.getresponse().status
    connection.close()
    return status
