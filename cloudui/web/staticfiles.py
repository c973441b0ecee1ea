"""Static files: the style sheet and the script that are made of many, and WhiteNoise's storage, which finds a URL once."""

import functools
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

CONSOLE_SHEET: Final = "css/console.css"
# What it is made of, below static/css. The tokens come first: they declare the order of the layers. Beyond that
# the order decides nothing, since no sheet names what another one styles (tests/house/test_styles.py).
CONSOLE_PARTS: Final = (
    "tokens.css",
    "base.css",
    "utilities.css",
    "layout/*.css",
    "components/*.css",
    "pages/*.css",
)

CONSOLE_SCRIPT: Final = "js/console.js"
# What every page of the console needs, below static/js. What unsaved.js refuses, no other hears of.
CONSOLE_MODULES: Final = (
    "unsaved.js",
    "dialog.js",
    "reveal.js",
    "gone.js",
    "focus.js",
    "submit.js",
    "copy.js",
    "toasts.js",
    "menu.js",
    "show.js",
    "tabs.js",
)

_COMMENT_LINE: Final = re.compile(r"^\s*//.*\n", re.MULTILINE)
_URL: Final = re.compile(r'url\("([^"]+)"\)')
_COMMENT: Final = re.compile(r"\s*/\*.*?\*/", re.DOTALL)


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # published without types
    """Files under names with a digest of their content.

    A list of 25 rows names an icon about a hundred times, and working out each URL anew took a sixth of the page's
    time (docs/performance.md). What is served changes only with a restart.
    """

    @functools.lru_cache(maxsize=1024)  # noqa: B019 - there is one storage, as long as the process
    def url(self, name: str, *options: object) -> str:
        url: str = super().url(name, *options)
        return url


class MadeFileFinder(BaseFinder):
    """Finds a file that is no file of ours: it is made of many, one after the other.

    Each component has a file to itself, and a first visit still asks for one, which is smaller than the many would be.
    Django asks a finder wherever static files come from: when they are collected, under DEBUG and in the tests. What is
    made is kept in the data directory, because it has to be found as a file.
    """

    name: str

    def make(self) -> str:
        """The text of the file."""
        raise NotImplementedError

    @property
    def storage(self) -> FileSystemStorage:
        """Where the file is kept."""
        return FileSystemStorage(settings.DATA_DIR / "styles")

    def check(self, **_options: object) -> list[CheckMessage]:
        """Nothing can be set wrongly."""
        return []

    def find(self, path: str, *, find_all: bool = False, **_options: object) -> Any:  # type: ignore[override] # Django names it
        """The place of the file, made anew if one of its parts has changed."""
        if path != self.name:
            return []
        place = Path(self.storage.path(self.name))
        _write(place, self.make())
        return [str(place)] if find_all else str(place)

    def list(self, _ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """The file, to be collected."""
        self.find(self.name)
        yield self.name, self.storage


class ConsoleSheetFinder(MadeFileFinder):
    """Finds css/console.css, the sheets of all components."""

    name = CONSOLE_SHEET

    def make(self) -> str:
        return console_sheet(settings.BASE_DIR / "static" / "css")


class ConsoleScriptFinder(MadeFileFinder):
    """Finds js/console.js, the scripts of every page."""

    name = CONSOLE_SCRIPT

    def make(self) -> str:
        return console_script(settings.BASE_DIR / "static" / "js")


def console_parts(directory: Path) -> Iterator[Path]:
    """The sheets of which the console's one is made, in their order; `directory` is static/css."""
    for pattern in CONSOLE_PARTS:
        yield from sorted(directory.glob(pattern))


def console_sheet(directory: Path) -> str:
    """The text of css/console.css; `directory` is static/css, to which the URLs in it are made relative.

    Comments are for whoever opens a component's own sheet: browsers need not load them.
    """

    def moved(match: re.Match[str], folder: str) -> str:
        return f'url("{posixpath.normpath(posixpath.join(folder, match[1]))}")'

    return "".join(
        _URL.sub(
            functools.partial(moved, folder=part.parent.relative_to(directory).as_posix()),
            _COMMENT.sub("", part.read_text(encoding="utf-8")),
        )
        for part in console_parts(directory)
    )


def console_script(directory: Path) -> str:
    """The text of js/console.js; `directory` is static/js. Each script keeps its names to itself, as a module does."""
    texts = [(directory / name).read_text(encoding="utf-8") for name in CONSOLE_MODULES]
    return "".join(f"{{\n{_COMMENT_LINE.sub('', text)}}}\n" for text in texts)


def _write(place: Path, text: str) -> None:
    """Put the text there unless it is there already. Threads and processes may do so at once."""
    if place.exists() and place.read_text(encoding="utf-8") == text:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=place.parent, delete=False) as file:
        file.write(text)
    Path(file.name).replace(place)
