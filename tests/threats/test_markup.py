"""Names and descriptions that look like markup, templates or htmx are text, wherever they appear (T-W5)."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from apikeys.forms import new_nonce
from apikeys.models import ApiKey
from deployments.models import Cluster, Deployment, RuntimeRelease
from tests.cast import HX
from tests.house.routes import console
from tests.house.walk import undone
from workspaces.models import AuditEvent, User, Workspace

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-W5")]

# Each fits into a name.
PAYLOADS = (
    """"><img src=x onerror=alert(1)>'<b></script><script>alert(1)</script></title></textarea>""",
    """" hx-get="/steal" hx-trigger="load" data-x="' onmouseover='alert(1)' autofocus""",
    """{{ 7*7 }}{% load static %}{# x #}</template></dialog><a href=javascript:alert(1)>&lt;&#60;🔑👩‍💻""",
)
HARMLESS = "Harmless"
# A key made twice has two.
IDENTIFIER = re.compile(r"\bc[0-9a-z]{24}\b|[0-9A-Za-z]{32}")
# What a browser or htmx acts upon; everything else in an attribute is text.
ACTIVE = re.compile(r"hx-.*|on.*|style|src|href|action|formaction|srcdoc|id|class|name|type|target")
QUERIES = ("?q={}", "?sort={0}&after={0}&before={0}&view={0}")


def test_a_page_has_the_same_elements_whatever_things_are_called(cast):
    calm = {page: (answer.status_code, _skeleton(answer)) for page, answer in _pages(cast, HARMLESS).items()}
    for payload in PAYLOADS:
        hostile = _pages(cast, payload)

        for page, answer in hostile.items():
            if _is_download(answer):
                continue
            assert (answer.status_code, _skeleton(answer)) == calm[page], page
            assert _are_plain(answer.headers), page
        shown = [page for page, answer in hostile.items() if payload in _text(answer)]
        assert len(shown) > 10


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
def test_what_was_typed_comes_back_as_text_in_forms_answers_and_toasts(cast, payload, headers):
    calm, hostile = _flow(cast, HARMLESS, headers), _flow(cast, payload, headers)

    for step, answer in calm.items():
        assert hostile[step].status_code == answer.status_code, step
        assert _skeleton(hostile[step]) == _skeleton(answer), step
        assert _are_plain(hostile[step].headers), step
    assert _value(hostile["refused"], "name") == payload
    assert payload in _text(hostile["edited"])
    assert payload in _text(hostile["deleted"])


def test_markup_that_gets_through_would_be_seen():
    def skeleton(name):
        return _skeleton_of(f'<p title="{name}">{name}</p>')

    assert all(
        skeleton(payload) != skeleton(HARMLESS) for payload in PAYLOADS if '"' in payload or "<" in payload
    )


def _is_download(answer):
    """What a browser saves and never shows as a page."""
    is_saved = answer.headers.get("Content-Disposition", "").startswith("attachment")
    assert not (is_saved and "html" in answer.headers["Content-Type"])
    return is_saved


def _pages(cast, name):
    """Every page of the console as an Admin sees it when everything is called `name`."""
    answers = {}
    with undone():
        _call_everything(cast, name)
        client = cast.fresh_client("admin")
        # What htmx gets are parts of the same templates.
        for route in console():
            answers[str(route)] = client.get(route.path(cast))
            for query in QUERIES if route.name.endswith((":index", ":activity")) else ():
                answers[f"{route}{query}"] = client.get(route.path(cast) + query.format(quote(name)))
    return answers


def _call_everything(cast, name):
    description = {"name": name, "description": name}
    Workspace.objects.filter(pk=cast.home.workspace).update(**description)
    Deployment.objects.filter(pk=cast.home.deployment).update(**description, updated_by_name=name)
    # Last in every list, whatever the other one is called.
    Deployment.objects.filter(pk=cast.sibling.deployment).update(name="~")
    home = cast.deployment(cast.home)
    Cluster.objects.filter(pk=home.cluster_id).update(name=name)
    RuntimeRelease.objects.filter(pk=home.runtime_id).update(airflow_version=name[:20])
    ApiKey.objects.filter(pk=cast.home.key).update(**description, created_by_name=name)
    User.objects.filter(pk=cast.people["admin"].pk).update(full_name=name)
    for operation in ("updateDeploymentApiKey", name[:64]):
        AuditEvent.objects.create(
            subject_kind="user",
            subject_id="x",
            subject_name=name,
            operation=operation,
            deployment=cast.home.deployment,
            target=name[:64],
            input={"name": name, "before": {"name": name + "!"}, "reason": name},
            source_ip=name[:45],
            user_agent=name,
            result=name[:64],
        )


def _flow(cast, name, headers):
    """A key's life with `name` typed wherever something is typed, each answer as the person then sees it."""
    keys = f"/{cast.home.workspace}/deployments/{cast.home.deployment}/api-keys"
    one = f"{keys}/{cast.home.key}"
    typed = {"name": name, "description": name}
    with undone():
        client = cast.fresh_client("admin")

        def post(url, data):
            return client.post(url, data, headers=headers, follow=True)

        return {
            "refused": post(f"{keys}/new", {**typed, "nonce": "none"}),
            "too long": post(f"{keys}/new", {**typed, "description": name * 100, "nonce": new_nonce()}),
            "created": post(f"{keys}/new", {**typed, "nonce": new_nonce()}),
            "edited": post(f"{one}/edit", {**typed, "version": 1}),
            "stale": post(f"{one}/edit", {**typed, "name": "Other", "version": 1}),
            "wrong word": post(f"{one}/delete", {"word": name}),
            "deleted": post(f"{one}/delete", {"word": "Delete"}),
            "deployment": post(f"/{cast.home.workspace}/deployments/new", typed),
        }


def _skeleton(response):
    return _skeleton_of(response.text)


def _skeleton_of(text):
    """The elements in their order, each with the names of its attributes and what the active ones say."""
    reader = _Reader()
    reader.feed(text)
    return reader.elements


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements = []

    def handle_starttag(self, tag, attrs):
        active = [
            (name, IDENTIFIER.sub("ID", value or "").split("?")[0])
            for name, value in attrs
            if ACTIVE.fullmatch(name)
        ]
        self.elements.append((tag, [name for name, _ in attrs], active))

    def handle_endtag(self, tag):
        self.elements.append((f"/{tag}", [], []))


def _text(response):
    return BeautifulSoup(response.text, "html.parser").get_text()


def _value(response, name):
    return BeautifulSoup(response.text, "html.parser").select_one(f"[name={name}]")["value"]


def _are_plain(headers):
    """Whether no header needs an encoding or a second line."""
    return all(value.isascii() and value.isprintable() for value in map(str, headers.values()))
