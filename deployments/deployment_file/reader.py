"""From a text to a tree whose every node knows its line: YAML, and JSON, which is read as the YAML that it is.

PyYAML's parser hands over events; what a Deployment file never needs is refused at them, before anything is
built: anchors and aliases (YAML 1.2 section 3.2.2.2, the "billion laughs"), tags (which name types and, in other
loaders, code), several documents, deep nesting. No value is ever constructed from the text, only text.
"""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from django.views.decorators.debug import sensitive_variables

from deployments.deployment_file.problems import Place, Problem
from deployments.deployment_file.syntax import explained, json_problem

MAX_BYTES: Final = 256 * 1024
# deployment, section, item, field: a valid file has four levels.
MAX_DEPTH: Final = 8
# 500 variables of four fields are 4,500.
MAX_NODES: Final = 20_000

# libyaml is thirty times as fast, and 256 KiB would otherwise hold a process for two seconds.
_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What YAML 1.2 section 5.1 lets stand in a text; everything else must be written as an escape in quotes.
UNPRINTABLE: Final = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A text that is not closed is taken to its end: to look again from each quotation mark in it would take minutes.
_JSON_TAB: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|\t', re.DOTALL)
_JSON_BREAKS: Final = {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}
_JSON_ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)|[\x85\u2028\u2029]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `is_plain` if it stands without quotes, so that YAML may take it for something else."""

    start: Place
    last_line: int
    text: str = field(repr=False)
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    start: Place
    last_line: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Names with their values, in order; a name may stand there twice."""

    start: Place
    last_line: int
    pairs: tuple[tuple[Scalar, "Node"], ...]


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read.

    Attributes:
        root: the tree; None for a text that cannot be read as one, which `problems` explain.
        problems: what is wrong with it as YAML.
        lines: the text's lines, to be quoted.
        is_json: whether it is written as JSON.
    """

    root: Node | None
    problems: tuple[Problem, ...]
    lines: tuple[str, ...] = field(repr=False, default=())
    is_json: bool = False


@sensitive_variables()
def read_source(given: str | bytes) -> Source:
    """Read a text of at most 256 KiB, UTF-8, as a tree. Never raises.

    Args:
        given: the file's bytes, or the text as it was pasted.
    """
    size = len(given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return _refused(Problem(f"The file has {size:,} bytes.", "A Deployment file has at most 262,144."))
    try:
        given = given.decode("utf-8") if isinstance(given, bytes) else given
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return _refused(
            Problem("This line is not UTF-8 text.", "Save the file with the encoding UTF-8.", line=line)
        )
    text = given.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = tuple(text.split("\n"))
    if unprintable := list(_unprintable(lines)):
        return _refused(*unprintable)
    if not text.strip():
        return _refused(Problem("There is nothing in it.", "Paste a Deployment file, or choose one."))
    return _Composer(text, lines).source()


def _refused(*problems: Problem) -> Source:
    return Source(root=None, problems=problems)


def _unprintable(lines: tuple[str, ...]) -> Iterator[Problem]:
    for number, line in enumerate(lines, start=1):
        if found := UNPRINTABLE.search(line):
            yield Problem(
                f"The character U+{ord(found[0]):04X} cannot stand in a file.",
                'Remove it, or write it as an escape in double quotes, such as "\\x1b".',
                line=number,
                column=found.start() + 1,
            )


class _TooMuch(Exception):
    """The rest is not worth reading."""


class _Composer:
    """Builds the tree from the parser's events."""

    def __init__(self, text: str, lines: tuple[str, ...]) -> None:
        self.lines = lines
        self.is_json = text.lstrip().startswith("{")
        self.original = text
        self.replaced: list[int] = []
        self.shifts: list[int] = []
        self.text = self._as_yaml(text) if self.is_json else text
        self.breaks = [found.start() for found in re.finditer("\n", text)]
        self.problems: list[Problem] = []
        self.nodes = 0

    def source(self) -> Source:
        """Compose the first document and refuse any other."""
        root: Node | None = None
        loader = _Loader(self.text)
        try:
            loader.get_event()
            if not loader.check_event(yaml.StreamEndEvent):
                loader.get_event()
                root = self._node(loader, depth=1)
                loader.get_event()
            if not loader.check_event(yaml.StreamEndEvent):
                place = self._place(loader.peek_event().start_mark)
                self._refuse(place, "A second document begins here.", "Put one Deployment into one file.")
        except _TooMuch:
            root = None
        except yaml.YAMLError as error:
            self.problems.append(self._unreadable(error))
            root = None
        finally:
            loader.dispose()
        if root is None and not self.problems:
            self.problems.append(
                Problem("There is nothing in it.", "Paste a Deployment file, or choose one.")
            )
        return Source(root, tuple(self.problems), self.lines, self.is_json)

    # Private

    def _node(self, loader: Any, *, depth: int) -> Node:
        event = loader.get_event()
        start = self._place(event.start_mark)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._refuse(
                start, "There is more in this than a Deployment can have.", "Paste a Deployment file."
            )
            raise _TooMuch
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                start, "Aliases (*name) are not supported.", "Write the value out, or put a text in quotes."
            )
            return Scalar(start, start.line, "", is_plain=False)
        if event.anchor is not None:
            self._refuse(
                start, "Anchors (&name) are not supported.", "Remove the anchor, or put a text in quotes."
            )
        if event.tag is not None:
            self._refuse(start, "Tags (!name) are not supported.", "Remove the tag, or put a text in quotes.")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, start)
        if depth > MAX_DEPTH:
            self._refuse(start, "This is nested too deeply.", f"A file has at most {MAX_DEPTH} levels.")
            raise _TooMuch
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not loader.check_event(yaml.SequenceEndEvent):
                items.append(self._node(loader, depth=depth + 1))
            loader.get_event()
            return Sequence(start, max([start.line, *(item.last_line for item in items)]), tuple(items))
        return self._mapping(loader, start, depth=depth)

    def _mapping(self, loader: Any, start: Place, *, depth: int) -> Mapping:
        pairs, last = [], start.line
        while not loader.check_event(yaml.MappingEndEvent):
            key = self._node(loader, depth=depth + 1)
            value = self._node(loader, depth=depth + 1)
            last = max(last, key.last_line, value.last_line)
            if isinstance(key, Scalar):
                pairs.append((key, value))
            else:
                self._refuse(key.start, "A field's name must be a text.", "Write “name: value”.")
        loader.get_event()
        return Mapping(start, last, tuple(pairs))

    def _scalar(self, event: yaml.ScalarEvent, start: Place) -> Scalar:
        last = self._place(event.end_mark)
        # A block scalar ends where the next line begins.
        ends_before = last.column == 1 and last.line > start.line
        return Scalar(start, last.line - ends_before, event.value, is_plain=not event.style)

    def _place(self, mark: Any) -> Place:
        """Where a mark is in the text as it was given; YAML also counts other breaks of lines than ours."""
        passed = bisect.bisect_left(self.replaced, mark.index)
        index = mark.index + (self.shifts[passed - 1] if passed else 0)
        line = bisect.bisect_left(self.breaks, index)
        return Place(line=line + 1, column=index - (self.breaks[line - 1] + 1 if line else 0) + 1)

    def _refuse(self, place: Place, message: str, remedy: str) -> None:
        self.problems.append(Problem(message, remedy, line=place.line, column=place.column))

    def _as_yaml(self, text: str) -> str:
        """JSON with the things of it that YAML 1.1 refuses or reads otherwise.

        These are indentation by tabs, pairs of surrogates, and three breaks of lines that are none in JSON.
        Remembers where something became longer or shorter, so that places remain those of the text as given.
        """
        shift = 0

        def replaced(found: re.Match[str]) -> str:
            nonlocal shift
            if found[1]:
                high, low = int(found[1], 16), int(found[2], 16)
                new = f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"
            elif found[0] in _JSON_BREAKS:
                new = _JSON_BREAKS[found[0]]
            else:
                return found[0]
            self.replaced.append(found.start() - shift)
            shift += len(found[0]) - len(new)
            self.shifts.append(shift)
            return new

        spaced = _JSON_TAB.sub(lambda found: " " if found[0] == "\t" else found[0], text)
        return _JSON_ESCAPE.sub(replaced, spaced)

    def _unreadable(self, error: yaml.YAMLError) -> Problem:
        if self.is_json and (problem := json_problem(self.original)):
            return problem
        message, remedy = explained(error)
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        place = self._place(mark) if mark else Place()
        return Problem(message, remedy, line=place.line, column=place.column)
