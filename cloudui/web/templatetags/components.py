"""A component around a part of a page; `{% include %}` could only put it beside."""

from collections.abc import Callable

from django.template import Context, Library
from django.template.base import NodeList, Parser, Token
from django.template.loader_tags import IncludeNode, do_include
from django.utils.safestring import SafeString

register = Library()


@register.tag
def wrap(parser: Parser, token: Token) -> IncludeNode:
    """Include a component around what stands between the tags: `{% wrap "components/dialog.html" with title="Edit" %}`.

    It sees what it is given, `content` (what stands between the tags) and, as an inclusion tag, the CSRF token.

    Args:
        parser: the compiler of the template.
        token: the tag, written as an include; `only` goes without saying.
    """
    node = do_include(parser, token)
    node.isolated_context = True
    # The node does nothing with an expression but resolve it.
    node.extra_context["content"] = Content(parser.parse(("endwrap",)))  # type: ignore[assignment]
    node.extra_context["csrf_token"] = parser.compile_filter("csrf_token")
    parser.delete_first_token()
    return node


class Content:
    """What stands between the tags, as an expression of the tag."""

    def __init__(self, nodelist: NodeList) -> None:
        """Keep the compiled part."""
        self.nodelist = nodelist

    def resolve(self, context: Context) -> Callable[[], str]:
        """The rendered part behind a function: it may hold a secret, and no context holds one in plain."""
        text = SafeString(self.nodelist.render(context).strip())
        return lambda: text
