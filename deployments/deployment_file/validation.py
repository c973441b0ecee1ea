"""Reads a Deployment file, YAML or JSON, and says all that is wrong with it by line and field.

What can be judged without the Deployment is judged here; the rest in checking.py.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from cloudui.web.text import validate_plain_text
from deployments.deployment_file.problems import DocumentInvalid, Problem, quoted
from deployments.deployment_file.reader import Mapping, Node, Scalar, read_source
from deployments.deployment_file.reading import QUOTE, Reader, is_ambiguous, is_null
from deployments.deployment_file.schema import (
    CONFIGURATION,
    CONFIGURATION_FIELDS,
    EMAILS,
    EXECUTORS,
    FLAGS,
    METADATA,
    NUMBERS,
    QUEUE_FIELDS,
    QUEUE_NUMBERS,
    QUEUES,
    SECTIONS,
    TEXTS,
    VARIABLE_FIELDS,
    VARIABLES,
    WRAPPER,
    Document,
    QueueGiven,
    VariableGiven,
)

# Words after which a text that cannot be read as a tree may show a secret.
_SUSPICIOUS: Final = re.compile(r"environ|variable|secret|value|pass|token|key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as far as it could be read.

    Attributes:
        document: what it says, as far as that is right.
        problems: what is wrong with it.
        may_hold_secrets: whether a secret value may stand in it, so that it must not be shown.
    """

    document: Document
    problems: tuple[Problem, ...]
    may_hold_secrets: bool


@sensitive_variables()
def parse(given: str | bytes) -> Document:
    """Read a Deployment file.

    Args:
        given: YAML or JSON, at most 256 KiB of UTF-8; sections may stand below `deployment`, as the CLI
            writes them, or without it.

    Raises:
        DocumentInvalid: with all problems at once.
    """
    reading = read(given)
    if reading.problems:
        raise DocumentInvalid(reading.problems, is_showable=not reading.may_hold_secrets)
    return reading.document


@sensitive_variables()
def read(given: str | bytes) -> Reading:
    """Read a Deployment file as far as possible. Never raises."""
    source = read_source(given)
    is_suspicious = not source.lines or any(_SUSPICIOUS.search(line) for line in source.lines)
    if source.root is None:
        lines = () if is_suspicious else source.lines
        document = Document(lines=lines, form="json" if source.is_json else "yaml")
        return Reading(
            document, tuple(quoted(each, lines) for each in source.problems), may_hold_secrets=is_suspicious
        )
    reader = Reader(source)
    sections = _sections(reader, source.root)
    variables = _variables(reader, sections.get(VARIABLES))
    document = Document(
        configuration=_configuration(reader, sections.get(CONFIGURATION)),
        variables=variables,
        queues=_queues(reader, sections.get(QUEUES)),
        alert_emails=_emails(reader, sections.get(EMAILS)),
        deployment_id=_deployment_id(reader, sections.get(METADATA)),
        form="json" if source.is_json else "yaml",
        places=reader.places,
        lines=reader.lines,
    )
    problems = tuple(quoted(each, document.lines) for each in (*source.problems, *reader.problems))
    holds = (
        reader.hides_secrets
        or (bool(source.problems) and is_suspicious)
        or any(each.is_secret and each.value for each in variables or ())
    )
    return Reading(document, problems, may_hold_secrets=holds)


def _sections(reader: Reader, root: Node) -> dict[str, Node]:
    names = [key.text for key, _ in root.pairs] if isinstance(root, Mapping) else []
    known = [WRAPPER] if WRAPPER in names else list(SECTIONS)
    found = reader.fields(root, "", known, what="a Deployment file")
    if WRAPPER in found:
        # Paths are the same with and without the wrapper, as people write them.
        root = found[WRAPPER]
        found = reader.fields(root, "", SECTIONS, what="a Deployment file")
    if isinstance(root, Mapping):
        for key, value in root.pairs:
            if key.text == VARIABLES:
                reader.hide(value)
            if key.text in {VARIABLES, QUEUES, EMAILS} and is_null(value):
                reader.note(
                    key,
                    key.text,
                    "It is not clear whether this means none or no change.",
                    "Write [] to delete all, or remove this line to leave them as they are.",
                )
    return found


def _configuration(reader: Reader, node: Node | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if node is None:
        return given
    fields = reader.fields(node, CONFIGURATION, CONFIGURATION_FIELDS, what=CONFIGURATION)
    for name, value in fields.items():
        path = f"{CONFIGURATION}.{name}"
        if name in FLAGS:
            given[name] = reader.flag(value, path)
        elif name in NUMBERS:
            is_kept = isinstance(value, Scalar) and value.is_plain and value.text == "0"
            given[name] = None if is_kept else reader.number(value, path, NUMBERS[name])
        else:
            given[name] = _configured_text(reader, value, path, name)
    # A file made as a template has an empty name; only a description can be emptied.
    return {
        name: value
        for name, value in given.items()
        if value is not None and (value != "" or name == "description")
    }


def _configured_text(reader: Reader, node: Node, path: str, name: str) -> str | None:
    text = reader.text(node, path)
    if text is None:
        return None
    if name == "executor" and text and text not in EXECUTORS:
        reader.note(node, path, "There is no such executor.", f"Write {' or '.join(EXECUTORS)}.")
        return None
    longest = TEXTS.get(name)
    if longest is None:
        return text
    text = text.strip()
    if len(text) > longest:
        reader.note(node, path, f"This has {len(text)} characters.", f"Use at most {longest}.")
        return None
    try:
        validate_plain_text(text, multi_line=name == "description")
    except ValidationError as error:
        reader.note(node, path, "This has a character that cannot be seen.", error.messages[0])
        return None
    return text


def _variables(reader: Reader, node: Node | None) -> tuple[VariableGiven, ...] | None:
    if node is None:
        return None
    found: list[VariableGiven] = []
    lines: dict[str, int] = {}
    for number, (path, item) in enumerate(reader.items(node, VARIABLES)):
        fields = reader.fields(item, path, VARIABLE_FIELDS, what="an environment variable")
        if isinstance(item, Mapping) and "key" not in fields:
            reader.note(item, f"{path}.key", "This variable has no key.", "Write “key: NAME”.")
        key = reader.text(fields["key"], f"{path}.key") if "key" in fields else None
        is_secret = reader.flag(fields["is_secret"], f"{path}.is_secret") if "is_secret" in fields else False
        value = _value(reader, item, fields, path, is_secret=is_secret)
        if key in lines:
            reader.note(
                fields["key"],
                f"{path}.key",
                f"This key stands here twice, first in line {lines[key]}.",
                "Keep one of them.",
            )
        elif key is not None:
            lines[key] = fields["key"].start.line
            if value is not None and is_secret is not None:
                found.append(VariableGiven(key, value, is_secret, number))
                continue
        # Of what is not wholly right, only the flag can say that it is no secret.
        reader.hides_secrets |= is_secret is not False
    return tuple(found)


def _value(
    reader: Reader, item: Node, fields: dict[str, Node], path: str, *, is_secret: bool | None
) -> str | None:
    node = fields.get("value")
    if node is None:
        if is_secret:
            return ""
        if isinstance(item, Mapping):
            reader.note(item, f"{path}.value", "This variable has no value.", 'Write “value: ""” for none.')
        return None
    if isinstance(node, Scalar) and node.is_plain and is_ambiguous(node.text):
        reader.note(node, f"{path}.value", "The value must be a text in quotes.", QUOTE)
        return None
    return reader.text(node, f"{path}.value")


def _queues(reader: Reader, node: Node | None) -> tuple[QueueGiven, ...] | None:
    if node is None:
        return None
    found = []
    for path, item in reader.items(node, QUEUES):
        fields = reader.fields(item, path, QUEUE_FIELDS, what="a worker queue")
        if isinstance(item, Mapping) and "name" not in fields:
            reader.note(item, f"{path}.name", "This worker queue has no name.", "Write “name: default”.")
        texts = {
            name: reader.text(fields[name], f"{path}.{name}") if name in fields else ""
            for name in ("name", "worker_type")
        }
        numbers = {
            column: reader.number(fields[name], f"{path}.{name}") if name in fields else None
            for name, column in QUEUE_NUMBERS.items()
        }
        found.append(QueueGiven(texts["name"] or "", texts["worker_type"] or "", **numbers))
    return tuple(found)


def _emails(reader: Reader, node: Node | None) -> tuple[str, ...] | None:
    if node is None:
        return None
    # An address that cannot be read keeps its number, so that those after it keep theirs.
    return tuple(reader.text(item, path) or "" for path, item in reader.items(node, EMAILS))


def _deployment_id(reader: Reader, node: Node | None) -> str:
    """`metadata` says what the Deployment was; only whose file this is means anything."""
    if not isinstance(node, Mapping):
        return ""
    for key, value in node.pairs:
        if key.text == "deployment_id" and isinstance(value, Scalar):
            reader.places[f"{METADATA}.deployment_id"] = key.start
            return value.text
    return ""
