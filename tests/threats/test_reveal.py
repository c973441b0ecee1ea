"""A secret that is shown stands in code elements only: no control, no attribute, no header has it (T-R8)."""

import re

import pytest
from bs4 import BeautifulSoup

from apikeys.forms import new_nonce
from tests.apikeys.pages import SECRET
from tests.cast import HX
from tests.house.conventions import ROOT

pytestmark = pytest.mark.threat("T-R8")

TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
REVEALED = re.compile(r"\{\{[^}]*\breveal\b[^}]*\}\}")
IN_CODE = re.compile(r"<code\b[^<]*data-secret[^<]*\{\{[^}]*\breveal\b[^}]*\}\}[^<]*</code>")

WAYS = {
    "new": lambda: {"name": "Made", "nonce": new_nonce()},
    "{key}/reissue": dict,
    "{key}/rotate": lambda: {"ends": "1h"},
}


def test_templates_open_a_secret_inside_a_code_element_and_nowhere_else():
    opened = 0
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.DOTALL)

        assert len(IN_CODE.findall(text)) == len(REVEALED.findall(text)), path.relative_to(ROOT)
        opened += len(REVEALED.findall(text))
    assert opened >= 2


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "htmx"])
@pytest.mark.parametrize("way", WAYS)
def test_every_answer_that_shows_a_key_secret_keeps_to_it(cast, way, headers):
    url = (
        f"/{cast.home.workspace}/deployments/{cast.home.deployment}/api-keys/{way.format(key=cast.home.key)}"
    )

    response = cast.client("admin").post(url, WAYS[way](), headers=headers)

    assert_shown_in_code_only(response, SECRET, at_least=2)


@pytest.mark.django_db
def test_the_answer_that_shows_a_token_does_too(cast):
    response = cast.client("admin").post("/token")

    assert_shown_in_code_only(response, TOKEN, at_least=1)


def assert_shown_in_code_only(response, secret, *, at_least):
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in response.headers
    assert "Location" not in response.headers
    assert not secret.search(repr(dict(response.headers)) + response.cookies.output())
    page = BeautifulSoup(response.text, "html.parser")
    places = page.find_all(string=secret)
    assert len(places) >= at_least
    for place in places:
        assert place.parent.name == "code"
        assert place.find_parent(attrs={"translate": "no"})
    for element in page.find_all():
        assert not secret.search(" ".join(map(str, element.attrs.values()))), element.name
