"""The browser that `astro login` opens, as far as a program can be one: a session, two buttons, a redirect."""

import re
from urllib.parse import parse_qs, urlsplit

import requests
from django.conf import settings
from django.test import Client


class Browser:
    """A browser in which a person is signed in."""

    def __init__(self, person) -> None:
        client = Client()
        client.force_login(person)
        self._session = requests.Session()
        self._session.trust_env = False
        name = settings.SESSION_COOKIE_NAME
        self._session.cookies.set(name, client.cookies[name].value)

    def answer(self, url: str, decision: str) -> str:
        """Open what the client printed, press a button, and say where that leads."""
        page = self._session.get(url, timeout=20)
        page.raise_for_status()
        [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text))
        form = {"csrfmiddlewaretoken": token, "decision": decision}
        headers = {"Referer": page.url}
        found = self._session.post(page.url, form, headers=headers, allow_redirects=False, timeout=20)
        assert found.status_code == 303, found.text
        return found.headers["Location"]


def arrived(location: str) -> dict[str, str]:
    """What the client's listener reads of the address."""
    url = urlsplit(location)
    assert (url.scheme, url.netloc, url.path) == ("http", "localhost:12345", "/callback")
    return {name: value for name, [value] in parse_qs(url.query).items()}
