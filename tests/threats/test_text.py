"""What cannot be seen is not accepted, and what runs the other way does not turn its surroundings around (T-W6)."""

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError

from apikeys.models import ApiKey
from cloudui.web.text import PlainTextAreaField, PlainTextField
from deployments.models import Deployment
from tests.house.routes import body, console, forms, make_ready
from tests.house.walk import ask, undone
from workspaces.models import User, Workspace

pytestmark = pytest.mark.threat("T-W6")

# A control, a bidirectional override, a zero-width space, a filler of Hangul.
UNSEEN = ["\x07", "\u202e", "\u200b", "\u3164"]
# What a program reads, or a file that is read as a whole: they have rules of their own.
NOT_PLAIN = {
    ("deployments:edit_variables", "value"),
    ("deployments:import_variables", "text"),
    ("deployments:apply_document", "text"),
}
HEBREW = "\u05e2\u05d1\u05e8\u05d9\u05ea"


def test_only_an_area_takes_several_lines():
    assert PlainTextAreaField().clean("one\r\ntwo\tthree") == "one\ntwo\tthree"
    for text in ("one\ntwo", "one\rtwo", "one\ttwo"):
        with pytest.raises(ValidationError):
            PlainTextField().clean(text)


def test_text_is_composed_so_that_what_looks_equal_is_equal():
    assert PlainTextField().clean("cafe\u0301") == "caf\u00e9"


@pytest.mark.django_db
def test_every_text_field_of_every_form_refuses_it_beside_the_field_and_keeps_the_rest(cast):
    tried = 0
    for route in forms(cast):
        with undone():
            client = cast.client("owner")
            make_ready(route, cast)
            for field in _text_fields(client.get(route.path(cast))):
                if (route.name, field) in NOT_PLAIN:
                    continue
                for number, character in enumerate(UNSEEN):
                    data = {**body(route, cast), field: f"Na{character}me"}

                    answer = ask(client, route.path(cast), "POST", data)

                    assert (answer.status, answer.changes) == (422, ()), f"{route} {field} {character!r}"
                    page = BeautifulSoup(answer.body, "html.parser")
                    assert page.select_one(f"[name={field}]")["aria-invalid"] == "true", f"{route} {field}"
                    tried += not number
    # Name and description of a Workspace, a Deployment and a key, new and edited, and two words.
    assert tried >= 10


@pytest.mark.django_db
def test_a_name_is_isolated_wherever_it_stands_in_a_line(cast):
    """dir="auto" or <bdi>: whatever its direction, what is around it stays where it was."""
    Workspace.objects.filter(pk=cast.home.workspace).update(name=HEBREW, description=HEBREW)
    Deployment.objects.filter(pk=cast.home.deployment).update(
        name=HEBREW, description=HEBREW, updated_by_name=HEBREW
    )
    ApiKey.objects.filter(pk=cast.home.key).update(name=HEBREW, description=HEBREW, created_by_name=HEBREW)
    User.objects.filter(pk=cast.people["admin"].pk).update(full_name=HEBREW)
    open_to_surroundings, isolated = set(), 0

    for route in console():
        answer = ask(cast.client("admin"), route.path(cast))
        if "Content-Disposition" in answer.headers:
            # A file is no line of a page.
            continue
        page = BeautifulSoup(answer.body, "html.parser")
        for text in page.find_all(string=lambda text: HEBREW in text):
            if text.find_parent(["title", "option", "textarea"]) or text.find_parent(
                class_="visually-hidden"
            ):
                continue
            if text.find_parent(lambda tag: tag.name == "bdi" or tag.get("dir") == "auto"):
                isolated += 1
            else:
                open_to_surroundings.add(f"{route}: {text.parent}")

    assert not open_to_surroundings, "\n".join(sorted(open_to_surroundings))
    assert isolated > 10


def _text_fields(response):
    """What a person types into the form of a page, besides passwords."""
    main = BeautifulSoup(response.content, "html.parser").find("main")
    controls = main.select("form[method=post] input[type=text], form[method=post] textarea") if main else []
    return [control["name"] for control in controls]
