"""From a text to plain values, each with its place: YAML, and JSON, which is read as the YAML that it is.

PyYAML composes nodes, which know their lines. What a Deployment file never needs is refused before: anchors and
aliases (YAML 1.2 section 3.2.2.2, the "billion laughs"), tags, which name types, several documents, deep nesting.
"""

import bisect
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, Literal

import yaml
from django.views.decorators.debug import sensitive_variables

from deployments.deployment_file.problems import MOST_QUOTED, Problem

MAX_BYTES: Final = 256 * 1024
# deployment, section, item, field: a valid file has four levels.
MAX_DEPTH: Final = 8
# 500 variables of four fields are 4,500.
MAX_NODES: Final = 20_000

# The key around everything in the files that the CLI writes and reads; a file may do without it.
WRAPPER: Final = "deployment"

# What YAML 1.2 section 5.1 lets stand in a text; everything else must be written as an escape in quotes.
UNPRINTABLE: Final = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What Go and YAML 1.2 read as numbers, and the letters that YAML 1.1 says are booleans: PyYAML does neither.
_ALSO_AMBIGUOUS: Final = re.compile(r"[-+]?\d[\d_]*(\.\d*)?([eE][-+]?\d+)?|0[oxb][\da-fA-F]+|[yYnN]")
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,8}")
_NAMEABLE: Final = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)
_RESOLVER: Final = yaml.resolver.Resolver()
# A pair of surrogates, another escape, what is a break of lines to YAML 1.1 and none to JSON, and all else.
_JSON_PIECE: Final = re.compile(
    r"(\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})|\\.?|[\x85\u2028\u2029]|[^\\\x85\u2028\u2029]+",
    re.ASCII | re.DOTALL,
)
_JSON_BREAKS: Final = {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}

_NOT_UTF_8: Final = ("This line is not UTF-8 text.", "Save the file with the encoding UTF-8.")
_ESCAPE: Final = 'Remove it, or write it as an escape in double quotes, such as "\\x1b".'
_AT_MOST: Final = f"A Deployment file has at most {MAX_BYTES:,}."
_COMPARE: Final = "Compare with a downloaded file."
_NOTHING: Final = ("There is nothing in it.", "Paste a Deployment file, or choose one.")
_SECOND: Final = ("A second document begins here.", "Put one Deployment into one file.")
_TOO_MUCH: Final = ("There is more in this than a Deployment can have.", "Paste a Deployment file.")
_TOO_DEEP: Final = ("This is nested too deeply.", f"A file has at most {MAX_DEPTH} levels.")
_ALIAS: Final = ("Aliases (*name) are not supported.", "Write the value out, or put a text in quotes.")
_ANCHOR: Final = ("Anchors (&name) are not supported.", "Remove the anchor, or put a text in quotes.")
_TAG: Final = ("Tags (!name) are not supported.", "Remove the tag, or put a text in quotes.")
# How the parser's words begin, and ours. None of ours repeats anything of the text, which may be a secret.
_SYNTAX: Final = (
    ("found character", "A tab or a special character stands where none may.", "Indent with spaces, and put the value in quotes."),
    ("mapping values", "A colon stands where none may.", "Put the value in quotes, or correct the indentation of this line."),
    ("could not find", "A field has no colon after its name.", "Write “name: value”, or correct the indentation of this line."),
    ("found unexpected end", "A quotation mark or a bracket is not closed.", "Close it."),
    ("found unknown escape|did not find expected hex", "There is no such escape after a backslash.", "Write two backslashes, or use single quotes."),
    ("did not find", "The indentation, a comma or a bracket is not as it should be.", "Compare this line with the ones before it."),
    ("block sequence", "A list item stands where none may.", "Put it on a line of its own, indented like its neighbours."),
    ("", "This is not valid YAML.", "Put the value in quotes, or compare with a downloaded file."),
)  # fmt: skip

Format = Literal["yaml", "json"]
# The way to a value: the names of fields and the numbers of items.
Location = tuple[str | int, ...]


class Source:
    """A text that was read; `lines` and `nodes` are empty for one that is unreadable.

    Attributes:
        hidden: the numbers of lines that must not be quoted.
        nodes: by location the name before a value (for an item, itself) and the value.
        value: dicts, lists, texts, booleans, whole numbers and None; nodes, where a text without quotes is taken for
            something other than text by some reader of YAML.
    """

    def __init__(self, text: str, *problems: Problem) -> None:
        self.text = text
        self.lines = text.split("\n") if text else []
        self.format: Format = "json" if text.lstrip().startswith("{") else "yaml"
        self.problems = list(problems)
        self.hidden: set[int] = set()
        self.nodes: dict[Location, tuple[yaml.Node, yaml.Node]] = {}
        self.value: Any = None
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        # Where each character that the parser is given comes from, if that is another text.
        self._origin: list[int] = []

    def place(self, mark: Any) -> tuple[int, int]:
        """Line and column in the text as it was given; YAML also counts other breaks of lines than ours."""
        if mark is None:
            return 0, 0
        index = self._origin[mark.index] if self._origin else mark.index
        line = bisect.bisect_left(self._breaks, index)
        return line + 1, index - (self._breaks[line - 1] if line else -1)

    def refuse(self, mark: Any, message: str, remedy: str, location: Location = ()) -> None:
        self.problems.append(Problem(message, remedy, path_of(location), *self.place(mark)))

    def quoted(self, problem: Problem) -> Problem:
        if not 0 < problem.line <= len(self.lines) or problem.line in self.hidden:
            return problem
        return replace(problem, source=self.lines[problem.line - 1].strip()[:MOST_QUOTED])

    def hide(self, node: yaml.Node) -> list[str]:
        """Never quote the lines of a node, and perhaps the one after it; returns them."""
        (first, _), (last, column) = self.place(node.start_mark), self.place(node.end_mark)
        # A block ends where something else begins, which is often at the beginning of a line.
        last -= column == 1 and last > first
        self.hidden.update(range(first, last + 1))
        return self.lines[first - 1 : last]

    def read(self) -> "Source":
        text = self._json_as_yaml() if self.format == "json" else self.text
        try:
            for mark, words in _needless(text):
                self.refuse(mark, *words)
            root = None if self.problems else next(yaml.compose_all(text, Loader=yaml.CSafeLoader), None)
        except yaml.YAMLError as error:
            self._refuse_syntax(error)
        else:
            if root:
                self.value = self._value(root, root, ())
            elif not self.problems:
                self.problems.append(Problem(*_NOTHING))
        return self

    def _refuse_syntax(self, error: yaml.YAMLError) -> None:
        try:
            if self.format == "json":
                json.loads(self.text)
        except json.JSONDecodeError as fault:
            # What follows a colon may be a character of the text.
            message = f"This is not valid JSON: {fault.msg.partition(':')[0]}."
            self.problems.append(Problem(message, _COMPARE, "", fault.lineno, fault.colno))
            return
        except (RecursionError, ValueError):
            pass  # Too deep, or a number of thousands of digits: YAML says something about it too.
        words, mark = str(getattr(error, "problem", None) or ""), getattr(error, "problem_mark", None)
        self.refuse(mark, *next((what, remedy) for begin, what, remedy in _SYNTAX if re.match(begin, words)))

    def _value(self, name: yaml.Node, node: yaml.Node, location: Location) -> Any:
        self.nodes[location] = name, node
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, item, (*location, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        fields: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.refuse(key.start_mark, "A field's name must be a text.", "Write “name: value”.")
            elif key.value in fields:
                inner = (*location, key.value)
                line, _ = self.place(self.nodes[inner][0].start_mark)
                message = f"{named(key.value)} stands here twice, first in line {line}."
                self.refuse(key.start_mark, message, "Keep one.", inner)
                self.hide(value)
            else:
                fields[key.value] = self._value(key, value, (*location, key.value))
        return fields

    def _json_as_yaml(self) -> str:
        """JSON without pairs of surrogates, breaks of lines that are none in JSON, and tabs around it."""
        pieces = []
        for found in _JSON_PIECE.finditer(self.text.rstrip(), len(self.text) - len(self.text.lstrip())):
            piece = json.loads(f'"{found[0]}"') if found[1] else _JSON_BREAKS.get(found[0], found[0])
            pieces.append(piece)
            same = range(found.start(), found.end())
            self._origin += same if piece == found[0] else [found.start()] * len(piece)
        self._origin.append(len(self.text))
        return "".join(pieces)


@sensitive_variables()
def read_source(given: str | bytes) -> Source:
    """Read a text of at most 256 KiB, UTF-8: a file's bytes, or what was pasted. Never raises."""
    data = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given
    if len(data) > MAX_BYTES:
        return Source("", Problem(f"The file has {len(data):,} bytes.", _AT_MOST))
    try:
        text = given if isinstance(given, str) else given.decode("utf-8")
    except UnicodeDecodeError as error:
        return Source("", Problem(*_NOT_UTF_8, "", data.count(b"\n", 0, error.start) + 1))
    unprintable: list[Problem] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if found := UNPRINTABLE.search(line):
            message = f"The character U+{ord(found[0]):04X} cannot stand in a file."
            unprintable.append(Problem(message, _ESCAPE, "", number, found.start() + 1))
    return Source("", *unprintable) if unprintable else Source(text).read()


def is_ambiguous(text: str) -> bool:
    """Whether a text without quotes is something other than text to some reader of YAML."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != "tag:yaml.org,2002:str" or bool(_ALSO_AMBIGUOUS.fullmatch(text))


def path_of(location: Location) -> str:
    """A location for people: the same with and without the wrapper, and only as far as it may be told."""
    names = location[1:] if len(location) > 1 and location[0] == WRAPPER else location
    told = [name for name in names if isinstance(name, int) or _NAMEABLE.fullmatch(name)]
    return "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in told).removeprefix(".")


def named(name: str) -> str:
    """A field's name at the beginning of a sentence, if it may be told."""
    return f"“{name}”" if _NAMEABLE.fullmatch(name) else "This"


def _needless(text: str) -> Iterator[tuple[Any, tuple[str, str]]]:
    """What is refused of a text as YAML, with its mark; ends at what makes the rest not worth reading."""
    depth = nodes = documents = 0
    begin = None
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent):
            begin, documents = mark, documents + 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if not isinstance(event, yaml.NodeEvent):
            continue
        nodes += 1
        # Hyphens at the end begin a document with nothing in it.
        if documents > 1 and getattr(event, "value", None) != "":
            yield begin, _SECOND
            return
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            yield mark, _TOO_MUCH if nodes > MAX_NODES else _TOO_DEEP
            return
        if event.anchor is not None:
            yield mark, _ALIAS if isinstance(event, yaml.AliasEvent) else _ANCHOR
        if getattr(event, "tag", None) is not None:
            yield mark, _TAG


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style or not is_ambiguous(text):
        return text
    if node.tag.endswith(":null"):
        return None
    if node.tag.endswith(":bool") and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return int(text) if _NUMBER.fullmatch(text) else node
