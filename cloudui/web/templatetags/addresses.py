"""`{% url %}` that finds the same address once: a list of Deployments asks for eighty, a tenth of its time.

What Django looks at besides is the same in each request, since no namespace of ours is there twice (`current_app`).
"""

import functools
from typing import Final

from django.conf import settings
from django.template import Context, Library
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape

register = Library()

REMEMBERED: Final = 4096


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """Write an address by its name, as Django does.

    Args:
        parser: the compiler of the template.
        token: the tag, written as always.
    """
    node = django_url(parser, token)
    return RememberedURLNode(node.view_name, node.args, node.kwargs, node.asvar)


class RememberedURLNode(URLNode):
    """An address that is remembered by its name and by its parts, where these are texts."""

    def render(self, context: Context) -> str:
        """The address, or nothing if it becomes a variable. What cannot be found is Django's to tell."""
        name = self.view_name.resolve(context)
        args = tuple([arg.resolve(context) for arg in self.args])
        if self.kwargs or any(type(arg) is not str for arg in args):
            return super().render(context)
        try:
            address = _reverse(get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), name, args)
        except NoReverseMatch:
            return super().render(context)
        if self.asvar:
            context[self.asvar] = address
            return ""
        return conditional_escape(address)


@functools.lru_cache(maxsize=REMEMBERED)
def _reverse(urlconf: str, _prefix: str, name: str, args: tuple[str, ...]) -> str:
    return reverse(name, urlconf, args)
