"""A remembered part is what Django would make of its inputs, and nothing of anybody else."""

import pytest
from django.middleware.csrf import get_token
from django.template import Context, RequestContext, engines
from django.template.loader_tags import IncludeNode
from django.test import RequestFactory
from django.utils import timezone
from django.utils.safestring import mark_safe

from cloudui.web.templatetags import remembered
from workspaces.models import Role, Workspace

BADGE = '{% include "components/badge.html" with text=text tone=tone only %}'


@pytest.fixture(autouse=True)
def _nothing_remembered():
    remembered._make.cache_clear()


def render(source, **context):
    return engines["django"].engine.from_string(source).render(Context(context))


def as_django(monkeypatch):
    monkeypatch.setattr(remembered.RememberedNode, "render", IncludeNode.render)


def test_the_same_inputs_make_the_part_once():
    first, second = (render(BADGE, text="A", tone=None) for _ in range(2))

    assert first == second
    assert 'class="badge"' in first
    assert (remembered._make.cache_info().misses, remembered._make.cache_info().hits) == (1, 1)


def test_a_part_may_be_named_by_the_context():
    for text in (
        "{% include name with text=text only %}",
        '{% include "components/badge"|add:".html" with text=text only %}',
    ):
        assert "A" in render(text, text="A", name="components/badge.html")

    assert remembered._make.cache_info().currsize == 1


@pytest.mark.parametrize(
    "values",
    [
        ["<b>", mark_safe("<b>")],
        [1, True, "1"],
        [0, False, "", None],
        [mark_safe("&amp;"), "&amp;"],
        [("a", "b"), ("a", mark_safe("b")), "('a', 'b')"],
    ],
    ids=repr,
)
def test_values_that_are_equal_and_look_different_are_told_apart(monkeypatch, values):
    for order in (values, values[::-1]):
        remembered._make.cache_clear()
        ours = [render(BADGE, text=value, tone="soft") for value in order]
        with monkeypatch.context() as patch:
            as_django(patch)
            assert ours == [render(BADGE, text=value, tone="soft") for value in order]


@pytest.mark.parametrize(
    "value",
    [
        timezone.now(),
        Workspace(name="Named"),
        ["a list"],
        {"a": "b"},
        ("a", ["list"]),
        1.5,
        b"bytes",
        Role.ADMIN,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_is_shown_and_not_remembered(monkeypatch, value):
    shown = render(BADGE, text=value, tone=None)

    as_django(monkeypatch)
    assert shown == render(BADGE, text=value, tone=None)
    assert remembered._make.cache_info().currsize == 0


@pytest.mark.parametrize(
    "text",
    [
        '{% include "components/badge.html" with text=text %}',
        '{% include "components/notice.html" with text=text only %}',
        '{% include "components/notice"|add:".html" with text=text only %}',
        '{% autoescape off %}{% include "components/badge.html" with text=text only %}{% endautoescape %}',
    ],
)
def test_other_includes_are_django_s(text):
    assert "A" in render(text, text="A", name="components/badge.html")

    assert remembered._make.cache_info().currsize == 0


def test_a_part_knows_nothing_of_the_request(monkeypatch):
    request = RequestFactory().get("/")
    engine = engines["django"].engine
    template = engine.from_string("{{ csrf_token }}{{ request }}{{ text }}{{ color_mode }}")
    monkeypatch.setattr(engine, "get_template", lambda name: template)

    page = engine.from_string(BADGE).render(
        RequestContext(request, {"text": "A", "csrf_token": get_token(request)})
    )

    assert page == "A"
