"""What a page must never do, noticed whatever the test is about."""

from collections.abc import Iterable
from typing import Final

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# A form sent with a mistake or against a newer version is answered, and Chromium notes each such answer.
ANSWERS: Final = frozenset({409, 422})

VIOLATIONS: Final = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


class Watch:
    """Listens to browser contexts: their console, errors, policy violations and every request.

    Attributes:
        problems: what went wrong, in the order in which it did.
        requests: every request that was made.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []
        self.requests: list[Request] = []
        self._expected = set(ANSWERS)
        self._other_origins: tuple[str, ...] = ()

    def expect(self, *statuses: int) -> None:
        """Let answers with these statuses be no problem in this test, for example 403; 0 is no answer at all."""
        self._expected.update(statuses)

    def expect_origin(self, origin: str) -> None:
        """Let requests to another origin be no problem in this test, and where its policy ends a form's way there."""
        self._other_origins += (origin,)

    def follow(self, context: BrowserContext) -> None:
        """Listen to all present and future pages of `context`."""
        context.add_init_script(VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("request", self._see)

    def addresses(self) -> Iterable[str]:
        """The address of every request."""
        return [request.url for request in self.requests]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or self._is_expected(message.text):
            return
        self.problems.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _catch(self, error: WebError) -> None:
        self.problems.append(f"uncaught: {error.error}")

    def _see(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith(tuple(f"{origin}/" for origin in (self.origin, *self._other_origins))):
            self.problems.append(f"request to another origin: {request.url}")

    def _is_expected(self, text: str) -> bool:
        """Whether it is what Chromium and htmx note for an answer with an expected status."""
        notes = [
            note.format(status)
            for status in self._expected
            for note in ("responded with a status of {} (", "Response Status Error Code {} from ")
        ]
        if 0 in self._expected:
            notes += ["net::ERR_", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort"]
        if self._other_origins:
            notes += ["policy violation: form-action ", "Security Policy directive: \"form-action 'self' "]
        return any(note in text for note in notes)
