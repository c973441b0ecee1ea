"""The icons of the sprite, as templates write them."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.template.base import TextNode

COPY = '<svg class="icon" aria-hidden="true"><use href="/static/img/icons.svg#copy"/></svg>'
SMALL = COPY.replace('class="icon"', 'class="icon small"')


@pytest.mark.parametrize(
    ("text", "drawing"),
    [
        ('{% icon "copy" %}', COPY),
        ('{% icon "copy" "small" %}', SMALL),
        ("{% icon name %}", COPY),
        ('{% icon name "small" %}', SMALL),
        ('{% icon "copy" size %}', SMALL),
        ("{% icon hostile %}", COPY.replace("#copy", "#&quot;&gt;&lt;script&gt;")),
    ],
)
def test_an_icon_is_drawn(text, drawing):
    context = Context({"name": "copy", "size": "small", "hostile": '"><script>'})

    assert Template(text).render(context) == drawing


def test_an_icon_that_the_template_names_is_text_once_it_is_compiled():
    assert [type(node) for node in Template('{% icon "copy" "small" %}').nodelist] == [TextNode]


@pytest.mark.parametrize("text", ["{% icon %}", '{% icon "copy" "small" "grey" %}'])
def test_a_tag_without_a_name_or_with_too_much_does_not_compile(text):
    with pytest.raises(TemplateSyntaxError, match="takes a name"):
        Template(text)
