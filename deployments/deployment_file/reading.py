"""Takes typed values out of a tree, noting everything that is not as it should be instead of stopping."""

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Final

import yaml

from deployments.deployment_file.problems import MAX_PROBLEMS, Place, Problem
from deployments.deployment_file.reader import Mapping, Node, Scalar, Sequence, Source

# What Go and YAML 1.2 read as numbers, and the letters that YAML 1.1 says are booleans: PyYAML does neither.
_ALSO_AMBIGUOUS: Final = re.compile(r"[-+]?\d[\d_]*(\.\d*)?([eE][-+]?\d+)?|0[oxb][\da-fA-F]+|[yYnN]")
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,8}")
_NAMEABLE: Final = re.compile(r"[A-Za-z_][\w.-]{0,59}", re.ASCII)
_STRING_TAG: Final = "tag:yaml.org,2002:str"
_NULL_TAG: Final = "tag:yaml.org,2002:null"
_RESOLVER: Final = yaml.resolver.Resolver()

QUOTE: Final = "Put it in quotes: without them YAML reads it as something other than text."


class Reader:
    """Reads one tree.

    Attributes:
        problems: what was found so far.
        places: where each field begins, by its path.
        hides_secrets: whether something may be a secret that is not where secrets belong.
    """

    def __init__(self, source: Source) -> None:
        self.problems: list[Problem] = []
        self.places: dict[str, Place] = {}
        self.hides_secrets = False
        self._lines = source.lines
        self._hidden: set[int] = set()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, empty where one may show a secret."""
        return tuple(
            "" if number in self._hidden else line for number, line in enumerate(self._lines, start=1)
        )

    def hide(self, node: Node) -> None:
        """Never quote the lines of this node."""
        self._hidden.update(range(node.start.line, node.last_line + 1))

    def note(self, at: Node, path: str, message: str, remedy: str = "") -> None:
        """Note a problem."""
        self.problems.append(Problem(message, remedy, path, at.start.line, at.start.column))

    def fields(self, node: Node, path: str, known: Collection[str], *, what: str) -> dict[str, Node]:
        """The fields of a mapping, without those that are empty, unknown or there for a second time.

        Args:
            node: what should be a mapping.
            path: its path, empty for the file as a whole.
            known: the names that a field may have.
            what: what the mapping is, as the end of "is not a field of ...".
        """
        if not isinstance(node, Mapping):
            self.note(node, path, "Fields are expected here.", f"Write “{next(iter(known))}: …” and so on.")
            self._distrust(node)
            return {}
        found: dict[str, Node] = {}
        first: dict[str, int] = {}
        for key, value in node.pairs:
            name = key.text
            inner = f"{path}.{name}" if path else name
            if name not in known:
                self._unknown(key, path, known, what)
                self._distrust(value)
            elif name in first:
                self.note(
                    key, inner, f"“{name}” stands here twice, first in line {first[name]}.", "Keep one."
                )
                self._distrust(value)
            else:
                first[name] = key.start.line
                self.places[inner] = key.start
                if not is_null(value):
                    found[name] = value
        return found

    def items(self, node: Node, path: str) -> Iterator[tuple[str, Node]]:
        """The items of a list with their paths."""
        if not isinstance(node, Sequence):
            remedy = "Begin each item with “- ”; write [] for none." if isinstance(node, Mapping) else ""
            self.note(node, path, "A list is expected here.", remedy or "Write [] for none.")
            self._distrust(node)
            return
        for number, item in enumerate(node.items):
            inner = f"{path}[{number}]"
            self.places[inner] = item.start
            yield inner, item

    def text(self, node: Node, path: str) -> str | None:
        """A text; noted if YAML would take it for something else, such as `no` or `0123`."""
        if not isinstance(node, Scalar):
            self.note(node, path, "A text is expected here.", "Write one value.")
            self._distrust(node)
            return None
        if node.is_plain and is_ambiguous(node.text):
            self.note(node, path, "This must be a text in quotes.", QUOTE)
            return None
        try:
            # Escapes of YAML can write halves of a character, which no text can hold.
            node.text.encode()
        except UnicodeEncodeError:
            self.note(node, path, "This has half of a character in it.", "Write the character itself.")
            return None
        return node.text

    def flag(self, node: Node, path: str) -> bool | None:
        """`true` or `false`, and none of the other words of YAML 1.1."""
        if isinstance(node, Scalar) and node.is_plain and node.text.lower() in {"true", "false"}:
            return node.text.lower() == "true"
        self.note(node, path, "This must be true or false.", "Write true or false, without quotes.")
        self._distrust(node)
        return None

    def number(self, node: Node, path: str, limits: tuple[int, int] | None = None) -> int | None:
        """A whole number, decimal and without a sign."""
        if not (isinstance(node, Scalar) and node.is_plain and _NUMBER.fullmatch(node.text)):
            self.note(node, path, "This must be a whole number.", "Write it in digits, without quotes.")
            self._distrust(node)
            return None
        number = int(node.text)
        if limits and not limits[0] <= number <= limits[1]:
            self.note(
                node,
                path,
                f"{number} is outside the limits.",
                f"Write {limits[0]} to {limits[1]}, or 0 to keep.",
            )
            return None
        return number

    # Private

    def _distrust(self, node: Node) -> None:
        """What is not where it belongs may be anything, so a secret too."""
        if isinstance(node, Scalar) and node.text == "":
            return
        self.hides_secrets = True
        self.hide(node)

    def _unknown(self, key: Scalar, path: str, known: Collection[str], what: str) -> None:
        name = key.text if _NAMEABLE.fullmatch(key.text) else ""
        # Of more than are told, none needs a proposal, which costs more than all else.
        is_told = len(self.problems) < MAX_PROBLEMS
        near = difflib.get_close_matches(key.text[:60], known, n=1) if is_told else []
        self.note(
            key,
            f"{path}.{name}".strip(".") if name else path,
            f"“{name}” is not a field of {what}." if name else f"This is not a field of {what}.",
            f"Did you mean “{near[0]}”?" if near else f"There are {', '.join(known)}.",
        )


def is_null(node: Node) -> bool:
    """Whether nothing is said: no value, `~` or `null`."""
    return isinstance(node, Scalar) and node.is_plain and _tag(node.text) == _NULL_TAG


def is_ambiguous(text: str) -> bool:
    """Whether a text without quotes is something other than text to some reader of YAML."""
    return _tag(text) != _STRING_TAG or bool(_ALSO_AMBIGUOUS.fullmatch(text))


def _tag(text: str) -> str:
    return str(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]
