"""Which addresses the gateway passes on, decided on the bytes of the path: Airflow reads `%2F` in an identifier.

What is passed on is exactly what came. A decoded copy is looked at, because whatever decodes it later must not leave
the prefix: the same server also has `/auth`, `/ui` and `/execution`.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from cloudui.web import api
from cloudui.web.api import ApiError
from cloudui.web.changes import READING

_OURS: Final = re.compile(rb"/airflow/([a-z0-9-]{1,63})(/.*)?", re.DOTALL)
_API: Final = re.compile(rb"/api/(v[12])(/.*)?", re.DOTALL)
# What a request line may have (RFC 9112 section 3), without the backslash, which some programs read as a slash.
_VISIBLE: Final = re.compile(rb"[\x21-\x5b\x5d-\x7e]*")
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f\\]")
# A proxy between us and Airflow may decode once more.
_DECODINGS: Final = 2
# Lists that are asked for by POST: of the REST API, and what the pages of Airflow 2 ask for again and again.
_READ_BY_POST: Final = re.compile(
    rb"/api/v[12]/.*/list|/(?:blocked|dag_stats|task_stats|last_dagruns|next_run_datasets_summary)"
)

ONLY_THE_API: Final = "The gateway passes on /api/v1 and /api/v2, the REST API of Airflow, and nothing else."
NOT_PLAIN: Final = "The address has a . or .. as a part, a backslash or a control character."


class Target(NamedTuple):
    """Where a call goes: the Deployment's release name, and the path at Airflow as it came."""

    release_name: str
    path: bytes


def read_target(raw_path: bytes) -> Target:
    """Split a path of ours into release name and the rest; ApiError 404 for any other."""
    found = _OURS.fullmatch(raw_path)
    if found is None:
        raise ApiError(*api.NOT_FOUND)
    return Target(found[1].decode(), found[2] or b"")


def api_version(target: Target, query: bytes) -> str:
    """The version of the REST API that is called, `v1` or `v2`.

    Raises:
        ApiError: 404 for what is not the REST API, 400 for what somebody could read as another path.
    """
    found = _API.fullmatch(target.path)
    if found is None:
        raise ApiError(404, "not_found", ONLY_THE_API)
    require_plain(target.path, query)
    return found[1].decode()


def require_plain(path: bytes, query: bytes) -> None:
    """Refuse, with ApiError 400, a path that is another one once it is decoded, and what is not visible ASCII."""
    is_plain = (
        _VISIBLE.fullmatch(path) is not None and _VISIBLE.fullmatch(query.replace(b"\\", b"")) is not None
    )
    for _ in range(_DECODINGS + 1):
        parts = (part.partition(b";")[0] for part in path.split(b"/"))
        is_plain = is_plain and not _CONTROL.search(path) and not {b".", b".."}.intersection(parts)
        path = unquote_to_bytes(path)
    if not is_plain:
        raise ApiError(400, "invalid_request", NOT_PLAIN)


def is_write(method: str | None, path: bytes) -> bool:
    """Whether a call may change something at Airflow."""
    return method not in READING and not (method == "POST" and _READ_BY_POST.fullmatch(path))
