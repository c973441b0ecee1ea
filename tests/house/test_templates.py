"""Our templates keep the rules of the house, and each rule is shown to catch what it forbids."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from pkgutil import resolve_name

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file())
PAGES = [name for name in TEMPLATES if name.endswith(".html")]

LONGEST_LINE = 160
COMMENT = r"{%\s*comment.*?endcomment\s*%}|{#.*?#}"

Rule = Callable[[str, str], Iterator[str]]


def text_of(name: str) -> str:
    """A template without its comments, which may name what the template may not do."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(COMMENT, "", text, flags=re.DOTALL)


def nothing_inline(_name: str, text: str) -> Iterator[str]:
    """The content policy runs scripts and styles of our files only (threats T-W3, T-W4)."""
    forbidden = r"<script(?![^>]*\ssrc=)|<style|\son[a-z]+\s*=|\sstyle\s*=|hx-on\b|\bjs:|javascript:|hx-vars"
    yield from re.findall(forbidden, text, flags=re.IGNORECASE)


def nothing_unescaped(name: str, text: str) -> Iterator[str]:
    """What people typed is text. Only mails, which are plain text, are not escaped."""
    if name.endswith(".html"):
        yield from re.findall(r"\|\s*safe(?:seq)?\b|mark_safe|autoescape\s+off", text)


def parts_close_with_their_name(_name: str, text: str) -> Iterator[str]:
    """A reader of the end of a part knows which part it is."""
    opened = re.findall(r"{%\s*partialdef\s+([\w-]+)", text)
    closed = re.findall(r"{%\s*endpartialdef\s*([\w-]*)\s*%}", text)
    if sorted(opened) != sorted(closed):
        yield f"{opened} closed by {closed}"


def at_most_two_parts(_name: str, text: str) -> Iterator[str]:
    """More parts than two are a second page."""
    if len(parts := re.findall(r"{%\s*partialdef\s+([\w-]+)", text)) > 2:
        yield ", ".join(parts)


def includes_are_closed(_name: str, text: str) -> Iterator[str]:
    """What is included sees what it is given, so that its inputs are all there is to know."""
    for tag in re.findall(r"{%\s*include\s.*?%}", text, flags=re.DOTALL):
        if not re.search(r"\sonly\s*%}$", tag):
            yield tag


def dialogs_have_one_frame(name: str, text: str) -> Iterator[str]:
    """Its header and body are those of components/dialog.html."""
    if name not in {"components/dialog.html", "account/base_manage.html"}:
        yield from re.findall(r"\bdialog__(?:header|body|close)\b", text)


def icons_come_from_the_tag(_name: str, text: str) -> Iterator[str]:
    """The tag is shorter, knows the sprite's URL and costs nothing when a page is rendered."""
    yield from re.findall(r"<svg[^>]*\bclass=[\"']icon\b|icons\.svg", text)


def posts_carry_a_token(_name: str, text: str) -> Iterator[str]:
    """Every unsafe request is a form with its own token; htmx sends no other."""
    for form in re.findall(r"<form\b.*?</form>", text, flags=re.DOTALL):
        if re.search(r"""method=["']post""", form) and "csrf_token" not in form:
            yield form.splitlines()[0]
    yield from re.findall(r"hx-(?:delete|put|patch|boost|confirm)\b", text)


def dialogs_have_no_address(_name: str, text: str) -> Iterator[str]:
    """What lands in a dialog never becomes an entry of the history: one of them holds a secret."""
    for tag in re.findall(r"<[^>]*hx-target=\"#(?:dialog|reveal)\"[^>]*>", text):
        yield from re.findall(r"hx-(?:push|replace)-url", tag)


def components_are_leaves(name: str, text: str) -> Iterator[str]:
    """A component knows no address and no right: the page gives it what may be shown."""
    if name.startswith("components/") and name != "components/gallery.html":
        yield from re.findall(r"{%\s*url\b.*?%}|\bperms\.|\bcaller_role\b|\bmay_\w+", text)


RULES: list[Rule] = [
    nothing_inline,
    nothing_unescaped,
    parts_close_with_their_name,
    at_most_two_parts,
    includes_are_closed,
    dialogs_have_one_frame,
    icons_come_from_the_tag,
    posts_carry_a_token,
    dialogs_have_no_address,
    components_are_leaves,
]

# By rule: the name of a template, and what it says.
COUNTER_EXAMPLES: dict[Rule, list[tuple[str, str]]] = {
    nothing_inline: [
        ("x.html", "<script>alert(1)</script>"),
        ("x.html", "<script type='module'>1</script>"),
        ("x.html", '<p style="color: red">'),
        ("x.html", "<style>p {}</style>"),
        ("x.html", '<a onclick="go()">'),
        ("x.html", '<a hx-on:click="go()">'),
        ("x.html", "<a hx-vals='js:{a: 1}'>"),
    ],
    nothing_unescaped: [
        ("x.html", "{{ name|safe }}"),
        ("x.html", "{% autoescape off %}{{ name }}{% endautoescape %}"),
    ],
    parts_close_with_their_name: [
        ("x.html", "{% partialdef a %}{% endpartialdef %}"),
        ("x.html", "{% partialdef a %}{% endpartialdef b %}"),
    ],
    at_most_two_parts: [("x.html", "{% partialdef a %}{% partialdef b %}{% partialdef c %}")],
    includes_are_closed: [("x.html", '{% include "components/badge.html" with text="A" %}')],
    dialogs_have_one_frame: [
        ("x.html", '<header class="dialog__header"></header>'),
        ("x.html", '<div class="dialog__body dialog__body--wide">'),
    ],
    icons_come_from_the_tag: [
        ("x.html", '<svg class="icon" aria-hidden="true"><use href="/x.svg#copy"/></svg>'),
        ("x.html", "<use href=\"{% static 'img/icons.svg' %}#copy\"/>"),
    ],
    posts_carry_a_token: [
        ("x.html", '<form method="post" action="/"></form>'),
        ("x.html", '<button hx-delete="/x">'),
    ],
    dialogs_have_no_address: [
        ("x.html", '<a hx-push-url="true" hx-get="/x" hx-target="#dialog">'),
        ("x.html", '<a hx-get="/x" hx-target="#reveal" hx-replace-url="true">'),
    ],
    components_are_leaves: [
        ("components/x.html", "{% url 'workspaces:index' %}"),
        ("components/x.html", "{% if may_edit %}"),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_templates_keep_the_rule(rule):
    broken = [f"{name}: {problem}" for name in TEMPLATES for problem in rule(name, text_of(name))]

    assert broken == [], rule.__doc__


@pytest.mark.parametrize("rule", COUNTER_EXAMPLES, ids=lambda rule: rule.__name__)
def test_what_breaks_the_rule_is_found(rule):
    assert [text for name, text in COUNTER_EXAMPLES[rule] if not list(rule(name, text))] == []


def test_every_rule_has_a_counter_example():
    assert COUNTER_EXAMPLES.keys() == set(RULES)


def test_no_line_of_a_template_is_long():
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in TEMPLATES}

    assert [f"{name}:{line}" for name, text in texts.items() for line in long_lines(text)] == []


def test_a_long_line_is_found():
    assert list(long_lines(f"<p>\n{'x' * LONGEST_LINE}\n{'x' * LONGEST_LINE}x\n</p>")) == [3]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_and_every_part_of_it_compiles(name):
    parts = re.findall(r"{%\s*partialdef\s+([\w-]+)", text_of(name))

    for part in ["", *(f"#{part}" for part in parts)]:
        get_template(f"{name}{part}")  # raises where it does not


ID, PART = r'\sid="([\w-]+)"', r"{%\s*partialdef\s+([\w-]+)"


@pytest.mark.parametrize(
    ("named", "existing"),
    [
        (r"{%\s*url\s+['\"]([\w:-]+)", lambda: _names(get_resolver())),
        (r'hx-target="#([\w-]+)"', lambda: _found(ID)),
        (PART, lambda: _found(ID)),
    ],
    ids=["url", "target of htmx", "part is the id of an element"],
)
def test_what_a_template_names_exists(named, existing):
    known = set(existing())

    assert _found(named)
    assert {name: missing for name in PAGES if (missing := _found(named, name) - known)} == {}


def test_a_component_opens_by_naming_its_inputs():
    for name in PAGES:
        if name.startswith(("components/", "shell/")):
            text = (ROOT / name).read_text(encoding="utf-8")

            assert re.match(r"({%\s*(extends|load)\b.*?%}\s*)*{%\s*comment\s*%}", text), name


def test_what_a_comment_names_exists():
    dotted = r"\b(?:cloudui|workspaces|deployments|apikeys)(?:\.\w+)+(?!\.?\w)"
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
    comments = [comment for text in texts.values() for comment in re.findall(COMMENT, text, flags=re.DOTALL)]

    named = {thing for comment in comments for thing in re.findall(dotted, comment)}

    assert named
    assert all(resolve_name(thing) for thing in named)  # raises where it is gone


def test_every_icon_is_in_the_sprite():
    sprite = (ROOT.parent / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    used = {
        (name, icon)
        for name in PAGES
        for icon in re.findall(r"{% icon \"([\w-]+)\"|\bicon=\"([\w-]+)\"", text_of(name))
    }

    assert sorted((name, icon) for name, icons in used for icon in icons if icon and icon not in known) == []


def test_out_of_band_swaps_go_to_the_toasts_only():
    places = {name: re.findall(r"<[^>]*hx-swap-oob[^>]*>", text_of(name)) for name in PAGES}

    assert {name: tags for name, tags in places.items() if tags} == {
        "components/toasts_oob.html": ['<div id="toasts" hx-swap-oob="beforeend">']
    }


def test_htmx_keeps_no_history_evaluates_nothing_and_swaps_only_answers():
    (content,) = re.findall(r"""name="htmx-config" content='([^']+)'""", text_of("shell/scripts.html"))

    assert json.loads(content) == {
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "historyRestoreAsHxRequest": False,
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "disableInheritance": True,
        "allowNestedOobSwaps": False,
        "defaultSettleDelay": 0,  # what is shown answers: a form sent meanwhile would be sent without htmx
        "attributesToSettle": ["class", "width", "height"],
        "selfRequestsOnly": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "409|422", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }


@pytest.mark.parametrize("name", ["base.html", "bare.html"])
def test_no_page_is_kept_in_the_history_of_htmx(name):
    assert re.search(r'<body[^>]* hx-history="false"', text_of(name))


def test_a_page_not_found_says_nothing_about_the_request_or_the_person():
    for name in ("404.html", "404_fragment.html", "bare.html", "shell/head_links.html"):
        assert not re.findall(r"{{.*?}}|csrf_token|\buser\b|\brequest\b", text_of(name)), name


def _found(pattern: str, *names: str) -> set[str]:
    return {match for name in names or PAGES for match in re.findall(pattern, text_of(name))}


def long_lines(text: str) -> Iterator[int]:
    """The numbers of the lines, comments too, that nobody reads to their end."""
    yield from (number for number, line in enumerate(text.splitlines(), 1) if len(line) > LONGEST_LINE)


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern) and entry.name:
            yield f"{namespace}{entry.name}"
        elif isinstance(entry, URLResolver):
            yield from _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
