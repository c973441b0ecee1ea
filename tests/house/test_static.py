"""What a browser loads: light enough, readable in both modes, nothing that runs a string or asks a stranger."""

import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from django.conf import settings

from cloudui.web.staticfiles import console_parts, console_script, console_sheet
from tests.house.styles import APART, CSS

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
STYLES = [*console_parts(CSS), *(CSS / name for name in sorted(APART - {"admin.css"}))]
SCRIPTS = sorted((STATIC / "js").glob("*.js"))

TOKENS = dict(re.findall(r"--([\w-]+):\s*([^;]+);", (CSS / "tokens.css").read_text(encoding="utf-8")))
MODES = {"light": 0, "dark": 1}

# Foreground, backgrounds, least contrast (WCAG 2.2: 1.4.3 for text, 1.4.11 for what one must recognise).
CONTRASTS = [
    (
        "text",
        "canvas surface surface-sunken surface-hover chip primary-soft danger-soft warning-soft success-soft",
        4.5,
    ),
    ("text-muted", "canvas surface surface-sunken surface-hover", 4.5),
    ("link", "canvas surface surface-sunken surface-hover primary-soft danger-soft", 4.5),
    ("on-primary", "primary primary-hover danger-strong", 4.5),
    ("danger", "canvas surface surface-hover danger-soft", 4.5),
    ("warning", "surface surface-sunken warning-soft", 4.5),
    ("success", "success-soft", 4.5),
    ("brand", "brand-soft surface-sunken canvas", 4.5),
    ("count", "count-soft", 4.5),
    ("border-control", "canvas surface surface-sunken", 3),
    ("focus-ring", "canvas surface surface-sunken", 3),
    ("health-good", "canvas surface", 3),
    ("health-bad", "canvas surface", 3),
    ("health-none", "canvas surface", 3),
]


@pytest.mark.parametrize(
    ("weight", "limit"),
    [
        (lambda: len(brotli.compress(console_sheet(CSS).encode())), 12),
        (lambda: len(brotli.compress(console_script(STATIC / "js").encode())), 6),
        (lambda: (STATIC / "fonts" / "inter.woff2").stat().st_size, 20),
    ],
    ids=["style", "scripts", "font"],
)
def test_the_first_visit_stays_light(weight, limit):
    assert weight() <= limit * 1024


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("foreground", "background", "least"), CONTRASTS)
def test_everything_can_be_read_in_both_modes(foreground, background, least, mode):
    for name in background.split():
        first, second = sorted((luminance(colour(foreground, mode)), luminance(colour(name, mode))))

        assert (second + 0.05) / (first + 0.05) >= least, name


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_never_turns_text_into_code_or_markup(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|https?://", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_opens_by_saying_what_it_serves(path):
    assert path.read_text(encoding="utf-8").startswith("// ")


def test_no_script_knows_the_events_of_a_subject():
    told = {
        event
        for path in TEMPLATES.rglob("*.html")
        for event in re.findall(r"([\w-]+:[\w-]+) from:body", path.read_text(encoding="utf-8"))
    }
    subjects = told - {"page:stale"}  # whatever the page is about

    assert "apikeys:changed" in subjects
    assert not [
        (path.name, event)
        for path in SCRIPTS
        for event in subjects
        if event in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_lives_in_layers_and_loads_from_us_alone(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    loaded = re.findall(r"url\([\"']?([^\"')]+)", text)

    assert "@layer" in text
    assert "@import" not in text
    assert all(not re.match(r"\w+:|//", address) for address in loaded)
    assert all((path.parent / address).is_file() for address in loaded)


@pytest.mark.parametrize(
    "path", [path for path in STYLES if path.name != "tokens.css"], ids=lambda path: path.name
)
def test_only_the_tokens_name_raw_colours(path):
    raw = [name for name in TOKENS if re.fullmatch(r"(ink|purple|blue|mint)-\d+", name)]

    assert raw
    assert not [name for name in raw if f"var(--{name})" in path.read_text(encoding="utf-8")]


def test_every_class_of_a_template_is_styled():
    styled = {
        name for path in STYLES for name in re.findall(r"\.([a-z][\w-]*)", path.read_text(encoding="utf-8"))
    }
    unknown = {
        (path.relative_to(TEMPLATES).as_posix(), name)
        for path in TEMPLATES.rglob("*.html")
        if "admin" not in path.parts  # the admin site has a style of its own
        for name in _classes(path.read_text(encoding="utf-8"))
        if name not in styled and not name.endswith("--")
    }

    assert sorted(unknown) == []


def test_the_font_brings_its_licence():
    assert "SIL Open Font License" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def colour(role: str, mode: str) -> str:
    """The colour of a role in one mode, as #rrggbb."""
    value = TOKENS[role].strip()
    while not value.startswith("#"):
        if value.startswith("light-dark("):
            value = value.removeprefix("light-dark(").removesuffix(")").split(", ")[MODES[mode]]
        else:
            value = TOKENS[value.removeprefix("var(--").removesuffix(")")].strip()
    return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])


def luminance(value: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, definition of relative luminance)."""
    parts = [int(value[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _classes(text: str) -> set[str]:
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    values = re.findall(r'\sclass="([^"]*)"', text)
    return {name for value in values for name in re.sub(r"{%.*?%}|{{.*?}}", " ", value).split()}
