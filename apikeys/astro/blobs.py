"""Where the `astro` client sends an archive: the few calls of Azure's Blob REST API that its library makes.

Put Block and Put Block List for a large archive, Put Blob for a small one. The URL is the only credential; what it
can do is said in `deployments.deploys.staging`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.http import HttpRequest, HttpResponse

from cloudui.web.api import ApiError, public_api_route
from deployments.deploys.staging import Expired, stage_block, stage_order, stage_whole, staged_for
from deployments.deploys.store.refusal import Refused, TooLarge

# The list as the client's library writes it: nothing of XML but these elements is read, so nothing is expanded.
# White space is taken out before: patterns with optional white space take minutes for a MiB of it.
LATEST: Final = re.compile(r"<Latest>([A-Za-z0-9+/=]{1,128})</Latest>")
BLOCK_LIST: Final = re.compile(r"(?:<\?xml[^<>]*\?>)?<BlockList>(.*)</BlockList>")
BLOCK_NAME: Final = re.compile(r"[A-Za-z0-9+/=]{1,128}")


@public_api_route(methods=("PUT",))
def upload(request: HttpRequest, capability: str) -> HttpResponse:
    """Take a block, the list that puts the blocks in order, or all at once."""
    with _refusals():
        staged = staged_for(capability)
        match request.GET.get("comp"):
            case "block":
                stage_block(staged, _block_name(request.GET.get("blockid", "")), request.body)
                return _created()
            case "blocklist":
                return _created(version=stage_order(staged, _block_names(request.body)))
            case None if request.headers.get("x-ms-blob-type") == "BlockBlob":
                return _created(version=stage_whole(staged, request.body))
            case _:
                raise _refused(
                    400, "InvalidQueryParameterValue", "Send a block, a block list or a block blob."
                )


# Private


def _block_name(name: str) -> str:
    if not BLOCK_NAME.fullmatch(name):
        raise _refused(400, "InvalidQueryParameterValue", "blockid must be 1 to 128 characters of Base64.")
    return name


def _block_names(body: bytes) -> list[str]:
    found = BLOCK_LIST.fullmatch("".join(body.decode(errors="replace").split()))
    names = LATEST.findall(found[1]) if found else []
    if not found or not names or LATEST.sub("", found[1]):
        raise _refused(400, "InvalidXmlDocument", "The block list could not be read.")
    return names


def _created(*, version: str = "") -> HttpResponse:
    # The library reads the version from the last answer and needs it.
    headers = {"Content-Length": "0", **({"x-ms-version-id": version} if version else {})}
    return HttpResponse(status=201, headers=headers)


def _refused(status: int, code: str, description: str) -> ApiError:
    """The library prints `code` beside the status."""
    return ApiError(status, "invalid_request", description, {"x-ms-error-code": code})


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Expired as error:
        raise _refused(403, "AuthenticationFailed", str(error)) from error
    except TooLarge as error:
        raise _refused(413, "RequestBodyTooLarge", str(error)) from error
    except Refused as error:
        raise _refused(400, "InvalidBlockList", str(error)) from error
    except OSError as error:
        if error.errno is None:
            raise
        raise ApiError(
            503, "temporarily_unavailable", "The server could not store this.", {"Retry-After": "5"}
        ) from error
