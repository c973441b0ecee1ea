"""Reads a Deployment file, YAML or JSON, and says by line and field all that is wrong with it as such."""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

import pydantic
from django.views.decorators.debug import sensitive_variables

from deployments.deployment_file import schema
from deployments.deployment_file.problems import MAX_PROBLEMS, InvalidDeploymentFile, Problem
from deployments.deployment_file.reader import WRAPPER, Location, Source, named, path_of, read_source
from deployments.deployment_file.schema import CONFIGURATION, EMAILS, METADATA, QUEUES, VARIABLES
from deployments.models import Executor
from deployments.models.deployment import SCHEDULER_AU, SCHEDULER_REPLICAS
from deployments.models.queue import DEFAULT_QUEUE

# Words after which a text that cannot be read, or what stands where it does not belong, may show a secret.
_SUSPICIOUS: Final = re.compile(r"environ|variable|secret|value|pass|token|key", re.IGNORECASE)
# What stands where such a thing should be may be anything, a secret too.
_MISPLACED: Final = {"model_type", "list_type", "bool_type", "int_type"}

# What pydantic says, in our words.
_WORDS: Final = {
    "bool_type": ("This must be true or false.", "Write true or false, without quotes."),
    "int_type": ("This must be a whole number.", "Write it in digits, without quotes."),
    "list_type": ("A list is expected here.", "Write [] for none."),
    "string_pattern_mismatch": ("There is no such executor.", f"Write {' or '.join(Executor.values)}."),
}
_ABSENT: Final = {
    "key": ("This variable has no key.", "Write “key: NAME”."),
    "value": ("This variable has no value.", 'Write “value: ""” for none.'),
    "name": ("This worker queue has no name.", "Write “name: default”."),
}
_UNCLEAR: Final = ("It is not clear whether this means none or no change.", "Write [] to delete all, or remove this line to leave them as they are.")  # fmt: skip
_QUOTE: Final = "Put it in quotes: without them YAML reads it as something other than text."
_LIMITS: Final = {"scheduler_au": SCHEDULER_AU, "scheduler_count": SCHEDULER_REPLICAS}
AnyPart = TypeVar("AnyPart", bound=schema.Part)


@sensitive_variables()
def parse(given: str | bytes) -> "DeploymentFile":
    """Read a file, its sections below `deployment` or not; InvalidDeploymentFile has all problems at once."""
    file = read(given)
    if file.problems:
        raise InvalidDeploymentFile(file.problems, is_showable=not file.may_hold_secrets)
    return file


@sensitive_variables()
def read(given: str | bytes) -> "DeploymentFile":
    """Read a Deployment file as far as possible. Never raises."""
    return DeploymentFile(read_source(given))


class DeploymentFile:
    """What a Deployment file says, as far as it is right; a section that it does not have is None, and stays as it is.

    `keys` says where each variable stands. If `may_hold_secrets`, the text must not be shown.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.keys: dict[str, Location] = {}
        # Of what is wrong as YAML nobody knows what it was meant to be.
        self.may_hold_secrets = bool(source.problems) and (not source.lines or _is_suspicious(source.lines))
        if self.may_hold_secrets and not source.nodes:
            source.lines = []
        sections = self._sections() if source.nodes else {}
        metadata = sections.get(METADATA)
        identifier = metadata.get("deployment_id") if isinstance(metadata, dict) else None
        self.deployment_id = "" if isinstance(identifier, dict | list | None) else str(identifier)
        variables, queues, emails = (sections.get(name) for name in (VARIABLES, QUEUES, EMAILS))
        self.variables = tuple(self._variables(variables)) if isinstance(variables, list) else None
        self.configuration = self._configuration(sections.get(CONFIGURATION))
        self.queues = tuple(self._queues(queues)) if isinstance(queues, list) else None
        # An address that cannot be read keeps its number, so that those after it keep theirs.
        self.alert_emails = tuple(map(_text, emails)) if isinstance(emails, list) else None
        if VARIABLES in sections:
            self._hide((VARIABLES,))
        self.problems = tuple(map(source.quoted, source.problems))

    def problem(self, location: Location, message: str, remedy: str = "") -> Problem:
        """A problem with the field at a location, or with the nearest one around it that the file has."""
        around = location
        while around and around not in self.source.nodes:
            around = around[:-1]
        mark = self.source.nodes[around][0].start_mark if around else None
        return self.source.quoted(Problem(message, remedy, path_of(location), *self.source.place(mark)))

    def _sections(self) -> dict[str, Any]:
        content = self.source.value
        if isinstance(content, dict) and WRAPPER in content:
            self._check(schema.WrappedFile, content)
            nodes = self.source.nodes.items()
            self.source.nodes = {at[1:]: each for at, each in nodes if at[:1] == (WRAPPER,)}
            content = {} if content[WRAPPER] is None else content[WRAPPER]
        self._check(schema.File, content)
        return content if isinstance(content, dict) else {}

    def _configuration(self, given: Any) -> dict[str, Any]:
        # One field after the other: one that is wrong leaves the others.
        fields = [{name: value} for name, value in given.items()] if isinstance(given, dict) else [given]
        parts = [
            self._check(schema.Configuration, each, CONFIGURATION) for each in fields if each is not None
        ]
        return {name: value for part in parts if part for name, value in part if value is not None}

    def _variables(self, given: list[Any]) -> Iterator[schema.Variable]:
        for number, item in enumerate(given):
            location = (VARIABLES, number)
            variable = self._check(schema.Variable, item, *location)
            fields = item if isinstance(item, dict) else {}
            key, flag = fields.get("key"), fields.get("is_secret")
            if isinstance(key, str) and self.keys.setdefault(key, location) != location:
                marks = [self.source.nodes[*each, "key"][1].start_mark for each in (self.keys[key], location)]
                message = f"This key stands here twice, first in line {self.source.place(marks[0])[0]}."
                self.source.refuse(marks[1], message, "Keep one of them.", (*location, "key"))
                variable = None
            # Of what is not wholly right, only the flag can say that it is no secret.
            is_secret = flag is not None and flag is not False
            self.may_hold_secrets |= is_secret and (variable is None or bool(variable.value))
            if variable:
                yield variable

    def _queues(self, given: list[Any]) -> Iterator[schema.Queue]:
        for number, item in enumerate(given):
            queue = self._check(schema.Queue, item, QUEUES, number)
            yield queue or schema.Queue.model_construct(name=DEFAULT_QUEUE)

    def _check(self, part: type[AnyPart], value: Any, *location: str | int) -> AnyPart | None:
        try:
            return part.model_validate(value)
        except pydantic.ValidationError as error:
            # A mistyped field before the one that is missing for it.
            for fault in sorted(error.errors(), key=lambda each: bool(each["type"] != "extra_forbidden")):
                self._refuse(fault, part, (*location, *fault["loc"]))
        return None

    def _refuse(self, fault: Any, part: type[schema.Part], location: Location) -> None:
        kind, value, nodes = fault["type"], fault["input"], self.source.nodes
        if kind == "extra_forbidden":
            self._refuse_unknown(value, part, location)
            return
        # What is not there is missed where the fields around it begin.
        name, node = nodes.get(location) or nodes[location[:-1]]
        words = _words(fault, part, str(location[-1]) if location else "")
        self.source.refuse((name if value is None else node).start_mark, *words, location)
        if kind in _MISPLACED or (kind == "string_type" and isinstance(value, dict | list)):
            self._distrust(location, value)

    def _refuse_unknown(self, value: Any, part: type[schema.Part], location: Location) -> None:
        name, known = str(location[-1]), list(part.model_fields)
        candidates = [*known, WRAPPER] if part is schema.File else known
        # Of more than are told, none needs a proposal, which costs more than all else.
        is_told = len(self.source.problems) < MAX_PROBLEMS
        near = difflib.get_close_matches(name[:60], candidates, n=1) if is_told else []
        remedy = f"Did you mean “{near[0]}”?" if near else f"There are {', '.join(known)}."
        mark = self.source.nodes[location][0].start_mark
        self.source.refuse(mark, f"{named(name)} is not a field of {part.TITLE}.", remedy, location)
        self._distrust(location, value, meant=near[0] if near else "")

    def _distrust(self, location: Location, value: Any, *, meant: str = "") -> None:
        """What is not where it belongs may be anything, so a secret too, unless it is plain what was meant."""
        if isinstance(value, str | None) and not value:
            return
        lines = self._hide(location)
        is_plain = meant not in {"", "is_secret", VARIABLES}
        self.may_hold_secrets |= not is_plain or (isinstance(value, dict | list) and _is_suspicious(lines))

    def _hide(self, location: Location) -> list[str]:
        return self.source.hide(self.source.nodes[location][1])


def _words(fault: Any, part: type[schema.Part], name: str) -> tuple[str, str]:
    kind, value, details = fault["type"], fault["input"], fault.get("ctx", {})
    words = _WORDS.get(kind, ("", ""))
    if kind == "invisible":
        words = "This has a character that cannot be seen.", details["remedy"]
    elif kind == "model_type":
        words = "Fields are expected here.", f"Write “{next(iter(part.model_fields))}: …” and so on."
    elif kind == "string_too_long":
        words = f"This has {len(value.strip())} characters.", f"Use at most {details['max_length']}."
    elif kind in {"greater_than_equal", "less_than_equal"}:
        least, greatest = _LIMITS[name]
        words = f"{value} is outside the limits.", f"Write {least} to {greatest}, or 0 to keep."
    elif kind == "list_type" and value is None:
        words = _UNCLEAR
    elif kind == "list_type" and isinstance(value, dict):
        words = words[0], "Begin each item with “- ”; write [] for none."
    elif kind == "string_type" and isinstance(value, dict | list):
        words = "A text is expected here.", "Write one value."
    elif kind == "string_type":
        quote = f"{'The value' if name == 'value' else 'This'} must be a text in quotes.", _QUOTE
        words = _ABSENT.get(name, quote) if value is None else quote
    return words


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_suspicious(lines: Iterable[str]) -> bool:
    return any(_SUSPICIOUS.search(line) for line in lines)
