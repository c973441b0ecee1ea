"""What the REST interface takes and gives: snake case, times in UTC as RFC 3339 writes them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cloudui.web.api import rfc3339
from cloudui.web.versions import HIGHEST_VERSION

ID_PATTERN = "^c[0-9a-z]{24}$"

# What people are told of a text that does not match, by its regular expression; the expression is for programs.
PATTERN_MESSAGES: Final[dict[str, str]] = {}


def matching(pattern: str, message: str) -> Any:
    """The constraint of a text that must match a regular expression, and the sentence for one that does not."""
    PATTERN_MESSAGES[pattern] = message
    return Field(pattern=pattern)


Id = Annotated[str, Field(pattern=ID_PATTERN)]
Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Version = Annotated[
    int,
    Field(
        ge=1,
        le=HIGHEST_VERSION,
        description="The version that you read. If it is another by now: 409, and nothing is changed.",
    ),
]


class Body(BaseModel):
    """What a request brings. A missing field leaves things as they are, so that no default is documented."""

    model_config = ConfigDict(extra="forbid", strict=True)

    EXAMPLE: ClassVar[dict[str, Any]] = {}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        for details in described.get("properties", {}).values():
            details.pop("default", None)
        if cls.EXAMPLE:
            described["examples"] = [cls.EXAMPLE]
        return schema


class Fault(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """Every answer other than success."""

    error: str = Field(description="A code for programs.")
    error_description: str = Field(description="A sentence for people.")


class Invalid(Problem):
    """The answer to a request that can be understood and not be followed."""

    fields: list[Fault]


class Named(BaseModel):
    """Something that has a name."""

    id: str
    name: str


class Actor(Named):
    """Who did something: a person, an API key, or the installation itself."""

    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": ["user", "api_key", "system"]})]


def actor(kind: str, identifier: str, name: str) -> Actor | None:
    """Who did something, as a row keeps it; None where nobody is known."""
    return Actor(kind=kind, id=identifier, name=name) if kind else None
