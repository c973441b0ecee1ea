"""What an upload must be before its first byte is read."""

from typing import Final

from django.http import HttpRequest

from cloudui.web.api import ApiError
from cloudui.web.bodies import admit
from deployments.deploys.quota import require_space
from deployments.deploys.store.refusal import LIMITS, MIB

# Whether an archive is compressed is seen in its content, so all of these mean the same.
ARCHIVES: Final = ("application/x-tar", "application/gzip", "application/octet-stream")
# Older names of the same, which people's libraries still send (RFC 6713 section 3).
OLD_NAMES: Final = ("application/x-gzip", "application/x-gtar", "application/x-compressed-tar")


def require_archive(request: HttpRequest) -> None:
    """Refuse what is not sent as an archive (415), is larger than the store takes (413), or has no space (NoSpace)."""
    if request.content_type not in (*ARCHIVES, *OLD_NAMES):
        raise ApiError(415, "invalid_request", f"Send a tar or tar.gz archive as {' or '.join(ARCHIVES)}.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > LIMITS.sent:
        raise ApiError(413, "invalid_request", f"The archive is larger than {LIMITS.sent // MIB} MiB.")
    admit(request, most_bytes=LIMITS.sent, require_space=require_space)
