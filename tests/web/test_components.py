"""A component around a part of a page."""

from copy import copy

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test.signals import template_rendered

FRAME = (
    '{% wrap "components/dialog.html" with title=title close_url="/back" %} <p>{{ text }}</p> {% endwrap %}'
)
FORM = '{% wrap "components/dialog_form.html" with action="/save" submit="Save" %}{{ text }}{% endwrap %}'


def test_the_content_is_that_of_the_page_and_stands_in_the_component():
    made = Template(FRAME).render(
        Context({"title": "Edit", "text": "<b>", "id": "of-the-page", "wide": True})
    )

    assert " ".join(made.split()) == (
        '<header class="dialog__header"> <h2 id="dialog-title">Edit</h2> '
        '<a class="dialog__close" href="/back" data-close-dialog aria-label="Close">'
        '<svg class="icon" aria-hidden="true"><use href="/static/img/icons.svg#x"/></svg></a> </header> '
        '<div class="dialog__body"> <p>&lt;b&gt;</p> </div>'
    )


def test_wrapped_twice_is_escaped_once():
    made = Template(FRAME.replace("<p>{{ text }}</p>", FORM)).render(Context({"text": "a & b"}))

    assert made.count("a &amp; b") == 1


def test_a_form_has_the_token_of_the_request():
    assert 'name="csrfmiddlewaretoken" value="T0ken"' in Template(FORM).render(
        Context({"csrf_token": "T0ken"})
    )


def test_a_secret_in_the_content_is_in_plain_in_no_context(rendered_contexts):
    Template(FRAME).render(Context({"text": Secret()}))

    assert len(rendered_contexts) > 1
    assert not [context for context in rendered_contexts if "cui1_plain" in str(context.flatten())]


class Secret:
    """What gives its text only to the page that it is written on."""

    def __str__(self) -> str:
        return "cui1_plain"

    def __repr__(self) -> str:
        return "masked"


@pytest.fixture
def rendered_contexts():
    """The contexts of all templates that are rendered, those of components too."""
    contexts = []

    def keep(context, **_):
        contexts.append(copy(context))

    template_rendered.connect(keep)
    yield contexts
    template_rendered.disconnect(keep)


@pytest.mark.parametrize("text", ["{% wrap %}{% endwrap %}", '{% wrap "components/dialog.html" %}'])
def test_a_tag_without_a_component_or_an_end_does_not_compile(text):
    with pytest.raises(TemplateSyntaxError):
        Template(text)
