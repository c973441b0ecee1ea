"""An icon of the sprite. A template that names it pays for it once, when it is compiled (docs/performance.md)."""

import functools

from django.template import Library, Node, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, TextNode, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html

register = Library()


@register.tag
def icon(parser: Parser, token: Token) -> Node:
    """Draw an icon: `{% icon "copy" %}`, or with one more class `{% icon "copy" "copy__todo" %}`.

    Args:
        parser: the compiler of the template.
        token: the tag with the icon's name, which .ci/build-icons lists, and perhaps a class.

    Returns:
        Text where the template writes out both; the name may also come from the context.

    Raises:
        TemplateSyntaxError: it has no name, or more than a name and a class.
    """
    tag, *arguments = token.split_contents()
    if len(arguments) not in (1, 2):
        message = f"{tag} takes a name and perhaps a class"
        raise TemplateSyntaxError(message)
    name, css_class = (parser.compile_filter(argument) for argument in (*arguments, '""')[:2])
    node = IconNode(name, css_class)
    return node if name.is_var or css_class.is_var else TextNode(node.render(Context()))


class IconNode(Node):
    """An icon whose name is known when the page is rendered."""

    def __init__(self, name: FilterExpression, css_class: FilterExpression) -> None:
        """Keep what the tag was given."""
        self.name = name
        self.css_class = css_class

    def render(self, context: Context) -> str:
        """The drawing."""
        return draw(self.name.resolve(context), self.css_class.resolve(context))


@functools.lru_cache(256)
def draw(name: str, css_class: str) -> str:
    """The markup of an icon, which says nothing to a screen reader: words stand beside it."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f"icon {css_class}".rstrip(),
        static("img/icons.svg"),
        name,
    )
