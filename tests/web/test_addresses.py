"""A remembered address is the one that Django finds."""

import pytest
from django.template import Context, engines
from django.template.defaulttags import URLNode
from django.test import override_settings
from django.urls import NoReverseMatch, clear_script_prefix, set_script_prefix
from django.utils.safestring import mark_safe

from cloudui.web import addresses
from cloudui.web.templatetags.addresses import RememberedURLNode

ID = "c" + "0" * 24
OTHER = "c" + "1" * 24
TEXTS = [
    "{% url 'workspaces:index' %}",
    "{% url 'deployments:index' id %}",
    "{% url 'deployments:index' other %}",
    "{% url 'deployments:index' workspace=id %}",
    "{% url 'deployments:open' id other %}",
    "{% url name id %}",
    "{% url 'deployments:index' id as found %}[{{ found }}]",
    "{% url 'deployments:index' 'not an ID' as found %}[{{ found }}]",
    "{% url 'workspaces:nowhere' as found %}[{{ found }}]",
    "{% url 'account_reset_password_from_key' 'a' \"x'&<y\" %}",
    "{% url 'account_reset_password_from_key' 'a' \"x'&<y\" as found %}{{ found }}",
    "{% autoescape off %}{% url 'account_reset_password_from_key' 'a' \"x'&<y\" %}{% endautoescape %}",
    "{% url 'admin:workspaces_user_change' number %}",
]


@pytest.fixture(autouse=True)
def _nothing_remembered():
    addresses._reverse.cache_clear()


def render(text):
    context = Context({"id": ID, "other": OTHER, "name": mark_safe("workspaces:open"), "number": 5})
    return engines["django"].engine.from_string(text).render(context)


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_the_one_that_django_finds(monkeypatch, text):
    ours = [render(text), render(text)]

    monkeypatch.setattr(RememberedURLNode, "render", URLNode.render)
    assert ours == [render(text)] * 2


@pytest.mark.parametrize("text", ["{% url 'workspaces:nowhere' %}", "{% url 'deployments:index' '' %}"])
def test_what_cannot_be_found_is_told_as_django_does(text):
    for _ in range(2):
        with pytest.raises(NoReverseMatch):
            render(text)


def test_it_is_found_once():
    for _ in range(3):
        render("{% url 'deployments:index' id %}{% url 'deployments:index' other %}")

    assert (addresses._reverse.cache_info().misses, addresses._reverse.cache_info().hits) == (2, 4)


def test_below_another_path_and_in_another_site_it_is_another_one():
    here = render("{% url 'workspaces:index' %}")
    set_script_prefix("/below/")
    try:
        below = render("{% url 'workspaces:index' %}")
    finally:
        clear_script_prefix()
    with override_settings(ROOT_URLCONF="workspaces.sign_in.urls"), pytest.raises(NoReverseMatch):
        render("{% url 'workspaces:index' %}")

    assert (here, below, render("{% url 'workspaces:index' %}")) == ("/", "/below/", "/")
