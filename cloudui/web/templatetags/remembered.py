"""`{% include %}` that makes some parts of pages once for the same inputs: those that cloudui.pages.REMEMBERED_PARTS names.

To include a part that is two lines long takes as long as twenty lines of the page itself, and a page has dozens of them
(docs/performance.md). A part that was included with `only` shows its inputs and nothing else, so it is remembered by all
of them, and by their types, because "1" and 1 may look different. It is made without the request: not even a mistake in a
template can put one person's name, rights or CSRF token into what another one gets.

Only plain inputs tell by themselves what they will show. Where one is something else, such as a row of a table, a time or
a lazy value, the part is made anew, as Django does it. No such part may be given a secret, since memory keeps it.
"""

import functools
from typing import Final

from django.conf import settings
from django.template import Context, Library, engines
from django.template.base import Parser, Token
from django.template.loader_tags import IncludeNode, do_include
from django.utils.safestring import SafeString

register = Library()

PARTS: Final[tuple[str, ...]] = settings.REMEMBERED_PARTS
# Most have a few hundred characters; a switcher of a hundred Workspaces has 25,000.
REMEMBERED: Final = 1024
PLAIN: Final = frozenset({str, SafeString, int, bool, type(None)})


@register.tag
def include(parser: Parser, token: Token) -> IncludeNode:
    """Include a template as Django does; a part that is remembered is made once for each set of plain inputs.

    Args:
        parser: the compiler of the template.
        token: the tag, written as always.
    """
    node = do_include(parser, token)
    # While templates are edited, each is read anew.
    if settings.DEBUG or not node.isolated_context:
        return node
    return RememberedNode(node.template, extra_context=node.extra_context, isolated_context=True)


class RememberedNode(IncludeNode):
    """An included part that is remembered by its inputs."""

    def render(self, context: Context) -> SafeString:
        """The part, made at the first time."""
        name = self.template.resolve(context)
        if not isinstance(name, str) or not name.startswith(PARTS) or not context.autoescape:
            return super().render(context)
        values = tuple([value.resolve(context) for value in self.extra_context.values()])
        types = tuple(map(_type, values))
        if None in types:
            return super().render(context)
        return _make(name, tuple(self.extra_context), types, values)


def _type(value: object) -> object:
    """What tells values apart that are equal; None for what is not plain. Of a tuple, the types of what is in it."""
    kind = type(value)
    if kind in PLAIN:
        return kind
    if isinstance(value, tuple):
        types = tuple(map(_type, value))
        return None if None in types else (kind, *types)
    return None


@functools.lru_cache(maxsize=REMEMBERED)
def _make(
    name: str, inputs: tuple[str, ...], types: tuple[object, ...], values: tuple[object, ...]
) -> SafeString:
    template = engines["django"].engine.get_template(name)  # type: ignore[attr-defined] # of Django's own engine
    text: SafeString = template.render(Context(dict(zip(inputs, values, strict=True))))
    return text
