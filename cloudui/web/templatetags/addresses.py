"""`{% url %}` that finds the same address once (cloudui.web.addresses)."""

from django.template import Context, Library
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape

from cloudui.web.addresses import address

register = Library()


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
            found = address(name, *args)
        except NoReverseMatch:
            return super().render(context)
        if self.asvar:
            context[self.asvar] = found
            return ""
        return conditional_escape(found)
