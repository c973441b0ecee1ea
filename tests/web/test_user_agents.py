"""A User-Agent header in the words of people."""

import pytest

from cloudui.web.user_agents import in_words

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("", ""),
        ("curl/8.5.0", "curl 8.5.0"),
        ("astro/1.45.0 (linux; amd64)", "astro 1.45.0 on Linux"),
        ("astro-cli/v1.45.0 darwin", "astro-cli 1.45.0 on macOS"),
        ("Go-http-client/2.0", "Go-http-client 2.0"),
        ("python-requests/2.32.3", "python-requests 2.32.3"),
        ("  something unheard of", "something"),
        ("<b>", ""),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox 133 on Linux"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome 131 on Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            "Edge 131 on Windows",
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541) {WEBKIT} Chrome/131.0.0.0 Safari/537.36",
            "Chrome 131 on ChromeOS",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Version/18.1 Safari/605.1.15",
            "Safari 18 on macOS",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {SAFARI} Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari 18 on iOS",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Unheard/1", "A browser on Android"),
    ],
)
def test_a_header_is_said_in_words(user_agent, words):
    assert in_words(user_agent) == words
