"""Reading the pages of API keys in tests."""

import json
import re

from bs4 import BeautifulSoup
from django.urls import reverse

SECRET = re.compile(r"cui1_[0-9A-Za-z]{55}")


def url(verb, deployment, key=None):
    kwargs = {"workspace": deployment.workspace_id, "deployment": deployment.pk}
    if key is not None:
        kwargs["key"] = key.pk
    return reverse(f"apikeys:{verb}", kwargs=kwargs)


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def nonce_in(response):
    return soup(response).find("input", {"name": "nonce"})["value"]


def field_error(response, name):
    """The words beside a field, or nothing."""
    control = soup(response).find(attrs={"name": name})
    described = (control.get("aria-describedby") or "").split()
    return " ".join(soup(response).find(id=i).get_text(" ", strip=True) for i in described if "error" in i)


def secret_in(response):
    return soup(response).find(id="reveal-key-secret").get_text()


def events(response):
    """The events that an answer triggers in the page, each with its detail."""
    found = {}
    for header in ("HX-Trigger", "HX-Trigger-After-Swap"):
        found.update(json.loads(response.headers.get(header, "{}")))
    return found


def text(response):
    """What a person reads: white space, the hard one of times too, is one space."""
    return " ".join(soup(response).get_text(" ").split())
