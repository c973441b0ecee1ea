"""A size in a page."""

from django import template

from cloudui.web import sizes

register = template.Library()
register.filter("size", sizes.in_words)
