"""The style sheets of the console, and the rule that each component has one to itself, as functions."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from cloudui.web.staticfiles import console_parts

CSS: Final = Path(settings.BASE_DIR) / "static" / "css"
# The admin site is Django's and has a sheet of its own; what one page alone has does not weigh on all others.
APART: Final = {"admin.css", "overview.css", "reference.css", "upload.css"}

# Each sheet's name below static/css, and its text.
Sheets = Mapping[str, str]


def parts(directory: Path = CSS) -> dict[str, str]:
    """The sheets of which the console's one is made."""
    return {
        path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8")
        for path in console_parts(directory)
    }


def not_served(directory: Path = CSS) -> list[str]:
    """The sheets that no page would load."""
    names = {path.relative_to(directory).as_posix() for path in directory.rglob("*.css")}
    return sorted(names - {*parts(directory)} - APART)


def reaches(sheets: Sheets) -> Iterator[str]:
    """Yields where a sheet names a class of another: a page that needs another look sets a property instead.

    A class belongs to the sheet that is called like its block (.card__head to card.css); where there is none,
    to the one sheet that names it.
    """
    named = {name: classes(text) for name, text in sheets.items()}
    owners = {name.rpartition("/")[2].removesuffix(".css"): name for name in sheets}
    for name, text in sheets.items():
        if re.search(r"\[class\s*[~|^$*]?=", text):
            yield f"{name} names a class as an attribute"
        for css_class in sorted(named[name]):
            owner = owners.get(re.split("__|--", css_class)[0], name)
            if owner != name:
                yield f"{name} names .{css_class} of {owner}"
            elif any(css_class in found for other, found in named.items() if other != name):
                yield f"{name} names .{css_class}, and so does another"


def classes(text: str) -> set[str]:
    """The classes that a style sheet names."""
    bare = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", text, flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][\w-]*)", bare))
