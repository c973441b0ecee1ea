"""The HTTP client towards Airflow: no cookies kept, no redirects followed, no proxy of the environment, no total limit."""

import importlib.util
import ssl
import sys
from collections.abc import AsyncIterator
from typing import Final

import httpx

from cloudui.web.api import ApiError
from deployments.airflow.gateway.headers import Headers

CONNECT_SECONDS: Final = 5.0
# Between any two bytes of an answer, and before its first one.
READ_SECONDS: Final = 60.0
# gunicorn and uvicorn close a silent connection after 2 and 5 seconds: ours must not meet that.
KEEP_SECONDS: Final = 1.5
KEPT_CONNECTIONS: Final = 100

# httpcore looks for it with each request. Where it is not installed, that takes longer than the request itself.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment] # so that an import fails at once

# The code for programs, and the sentences.
NO_ANSWER: Final = "airflow_unreachable"
UNREACHABLE: Final = "Airflow cannot be reached, or it closed the connection."
SILENT: Final = "Airflow did not answer in time."


class Upstream:
    """Connections to all Airflows, kept for the next call."""

    def __init__(
        self, *, read_seconds: float = READ_SECONDS, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        # Each redirect, cookie and variable of the environment is the business of httpx's Client, which is not used.
        self._transport = httpx.AsyncHTTPTransport(
            # The certificates of the system, to which an operator may add (SSL_CERT_FILE).
            verify=ssl.create_default_context(),
            trust_env=False,
            # Each slow reader holds one.
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=KEPT_CONNECTIONS,
                keepalive_expiry=KEEP_SECONDS,
            ),
        )
        self._timeout = httpx.Timeout(read_seconds, connect=connect_seconds).as_dict()

    async def send(
        self,
        method: str,
        base_url: str,
        target: bytes,
        headers: Headers,
        content: AsyncIterator[bytes] | bytes | None = None,
    ) -> httpx.Response:
        """Send a request and return with the head of the answer, whose body is still to come; close it afterwards.

        `target` is the path and query, to be sent byte for byte.

        Raises:
            ApiError: 502 or 504 if there is no answer.
        """
        request = httpx.Request(
            method,
            base_url,
            headers=headers,
            content=content,
            extensions={"timeout": self._timeout, "target": target},
        )
        may_repeat = method in {"GET", "HEAD"} and content is None
        try:
            try:
                return await self._transport.handle_async_request(request)
            except httpx.RemoteProtocolError:
                # It may have closed a kept connection in the very moment in which we used it.
                if not may_repeat:
                    raise
                return await self._transport.handle_async_request(request)
        except (httpx.ReadTimeout, httpx.WriteTimeout):
            raise ApiError(504, "airflow_timeout", SILENT) from None
        except httpx.LocalProtocolError:
            raise ApiError(400, "invalid_request", "The request could not be understood.") from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ApiError(502, NO_ANSWER, UNREACHABLE) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
