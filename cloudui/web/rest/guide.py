"""What the page of the REST interface shows, taken from the OpenAPI document so that both say the same."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from django.utils.text import slugify
from ninja import NinjaAPI

from cloudui.web import shell_lines
from cloudui.web.rest.openapi import document

JSON: Final = "application/json"

# What is written for each parameter in the lines for the shell.
SHELL: Final = {"deployment": "$DEPLOYMENT", "queue": "default", "deploy": "$DEPLOY"}

START: Final = f"""export CLOUDUI={{server}}
{shell_lines.WITH_BASIC}
export DEPLOYMENT=...
export DEPLOY=..."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer; `where` is `path`, `query` or `header` for a parameter."""

    name: str
    kind: str
    where: str = ""
    is_required: bool = False
    description: str = ""


# The tone of `components/badge.html` for what a method does.
TONES: Final = {"GET": "soft", "POST": "good", "PUT": "warning", "PATCH": "warning", "DELETE": "bad"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that may be answered, what it means, and whether any operation may answer it."""

    status: int
    meaning: str
    is_common: bool = False

    @property
    def phrase(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `errors` are those statuses that not every operation may answer."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    curl: str
    parameters: list[Field] = field(default_factory=list)
    body: list[Field] = field(default_factory=list)
    answer: list[Field] = field(default_factory=list)
    success: Answer | None = None
    errors: list[int] = field(default_factory=list)

    @property
    def tone(self) -> str:
        return TONES[self.method]


@dataclass(frozen=True, slots=True)
class Subject:
    """Operations that belong together."""

    name: str
    anchor: str
    operations: list[Operation]


@cache
def guide(api: NinjaAPI) -> dict[str, Any]:
    """The context of the page: `description`, `token`, the subjects, `errors` (each once) and their `error_fields`."""
    made = document(api)
    errors = _errors(made)
    reader = _Reader(made["components"]["schemas"], [error.status for error in errors if error.is_common])
    subjects: dict[str, list[Operation]] = {}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            subjects.setdefault(operation["tags"][0], []).append(reader.operation(path, method, operation))
    return {
        "description": made["info"]["description"],
        "token": START.format(server=made["servers"][0]["url"]),
        "subjects": [Subject(name, slugify(name), found) for name, found in subjects.items()],
        "errors": errors,
        "error_fields": reader.fields(made["components"]["schemas"]["Invalid"]),
    }


def _errors(made: dict[str, Any]) -> list[Answer]:
    """Every error that some operation may answer, in the order of their statuses."""
    operations = [operation for operations in made["paths"].values() for operation in operations.values()]
    found = {
        status: (answer["description"], sum(status in each["responses"] for each in operations))
        for operation in operations
        for status, answer in operation["responses"].items()
        if int(status) >= HTTPStatus.BAD_REQUEST
    }
    return [
        Answer(int(status), meaning, is_common=number == len(operations))
        for status, (meaning, number) in sorted(found.items())
    ]


@dataclass(frozen=True, slots=True)
class _Reader:
    schemas: dict[str, Any]
    common: list[int]

    def operation(self, path: str, method: str, operation: dict[str, Any]) -> Operation:
        body = self.schema(operation.get("requestBody", {}))
        (status, success), *others = operation["responses"].items()
        return Operation(
            anchor=operation["operationId"].replace("_", "-"),
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            description=operation["description"],
            curl=_curl(path, method, operation, body),
            parameters=[self.parameter(each) for each in operation["parameters"]],
            body=self.fields(body),
            answer=self.fields(self.schema(success)),
            success=Answer(int(status), success["description"]),
            errors=[int(other) for other, _ in others if int(other) not in self.common],
        )

    def parameter(self, parameter: dict[str, Any]) -> Field:
        schema = parameter["schema"]
        return Field(
            parameter["name"],
            self.kind(schema),
            where=parameter["in"],
            is_required=parameter["required"],
            description=self.description(parameter) or self.description(schema),
        )

    def fields(self, schema: dict[str, Any]) -> list[Field]:
        required = schema.get("required", [])
        return [
            Field(
                name, self.kind(details), is_required=name in required, description=self.description(details)
            )
            for name, details in _properties(schema).items()
        ]

    def description(self, schema: dict[str, Any]) -> str:
        """What a schema says of itself, also where it may be null."""
        alternatives = [schema, *schema.get("anyOf", ())]
        found = next((text for each in alternatives if (text := each.get("description", ""))), "")
        return str(found).replace("`", "")

    def schema(self, holder: dict[str, Any]) -> dict[str, Any]:
        """The schema of a JSON body or answer; empty where there is none, or it is no JSON."""
        return self.resolved(holder.get("content", {}).get(JSON, {}).get("schema", {}))

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def kind(self, schema: dict[str, Any]) -> str:
        if "anyOf" in schema:
            return " or ".join(self.kind(each) for each in schema["anyOf"])
        if "enum" in schema:
            return " or ".join(schema["enum"])
        name = schema.get("type", "")
        resolved = self.resolved(schema)
        if name == "array":
            return f"list of {self.kind(schema['items'])}"
        if resolved.get("type") == "object":
            return f"object with {', '.join(_properties(resolved))}"
        return ", ".join([_type(schema, name), *_limits(schema)])


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object that one would send or be given; what a body only tolerates is left out."""
    properties = schema.get("properties", {})
    return {name: details for name, details in properties.items() if not details.get("readOnly")}


def _type(schema: dict[str, Any], name: str) -> str:
    known = {"date-time": "time", "binary": "file"}
    return known.get(schema.get("format", ""), name)


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']:,} to {schema['maximum']:,}"
    if "maxLength" in schema or "maxItems" in schema:
        yield f"at most {schema.get('maxLength') or schema.get('maxItems'):,}"


def _curl(path: str, method: str, operation: dict[str, Any], body: dict[str, Any]) -> str:
    """The line for the shell, with $CLOUDUI, $TOKEN and the parameters of the path as variables."""
    for name, value in SHELL.items():
        path = path.replace(f"{{{name}}}", value)
    words = [f'curl -sS "$CLOUDUI{path}"']
    if method != "get" and not (method == "post" and "requestBody" in operation):
        words.append(f"-X {method.upper()}")
    words.append('-H "Authorization: Bearer $TOKEN"')
    if body:
        words.append(f"-H 'Content-Type: {JSON}'")
        words.append(f"-d '{json.dumps(body['examples'][0])}'")
    elif "requestBody" in operation:
        words.append("-H 'Content-Type: application/gzip'")
        words.append("--data-binary @dags.tar.gz")
    return " \\\n  ".join(words)
