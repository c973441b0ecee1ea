"""The sign-ins of the astro CLI on a person's account page, which belongs to an app that knows of none."""

from typing import Any

from django import template

from apikeys.tokens.grants import grants_of
from workspaces.models import User

register = template.Library()


@register.inclusion_tag("apikeys/tokens/grants.html")
def astro_grants(user: User, csrf_token: object) -> dict[str, Any]:
    """The list of those that work now, each with its *End*."""
    return {"grants": grants_of(user.pk), "csrf_token": csrf_token}
