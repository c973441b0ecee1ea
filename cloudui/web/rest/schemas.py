"""What the REST interface takes and gives: snake case, times in UTC as RFC 3339 writes them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
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
    """What a request brings. A missing field leaves things as they are, so that no default is documented.

    Attributes:
        EXAMPLE: a body for the documentation.
        VIEW: what GET returns of it. Its fields that the body lacks are read-only: they may be sent back, and the
            route decides by `cloudui.web.rest.errors.require_unchanged` whether they are what they were.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    EXAMPLE: ClassVar[dict[str, Any]] = {}
    VIEW: ClassVar[type[BaseModel] | None] = None

    _read_only: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def read_only_fields(cls) -> list[str]:
        """The names of the fields that can be sent and not be changed."""
        return [name for name in cls.VIEW.model_fields if name not in cls.model_fields] if cls.VIEW else []

    @model_validator(mode="wrap")
    @classmethod
    def _set_read_only_aside(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        names = cls.read_only_fields()
        if not names or not isinstance(data, dict):
            return handler(data)
        body = handler({name: value for name, value in data.items() if name not in names})
        body._read_only = {name: data[name] for name in names if name in data}  # noqa: SLF001 - it is of this class
        return body

    def changed_read_only(self, current: BaseModel | None) -> list[str]:
        """The read-only fields that were sent and are not what GET returns now; `current` is None where that is nothing."""
        return [
            name
            for name, sent in self._read_only.items()
            if current is None or not _is_same(sent, getattr(current, name))
        ]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        for details in described.get("properties", {}).values():
            details.pop("default", None)
        if cls.VIEW:
            view = handler.resolve_ref_schema(handler(cls.VIEW.__pydantic_core_schema__))["properties"]
            read_only = {name: {**view[name], "readOnly": True} for name in cls.read_only_fields()}
            described["properties"] = {**described["properties"], **read_only}
        if cls.EXAMPLE:
            described["examples"] = [cls.EXAMPLE]
        return schema


def _is_same(sent: Any, now: Any) -> bool:
    """Whether JSON says what is in a view. Times are the same however they are written, to the second."""
    match now:
        case BaseModel():
            values = dict(now)
            return (
                isinstance(sent, dict)
                and sent.keys() == values.keys()
                and all(_is_same(sent[name], value) for name, value in values.items())
            )
        case list():
            return isinstance(sent, list) and len(sent) == len(now) and all(map(_is_same, sent, now))
        case datetime():
            return _moment(sent) == now.replace(microsecond=0)
        case _:
            return isinstance(sent, bool) == isinstance(now, bool) and bool(sent == now)


def _moment(sent: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(sent)
    except (TypeError, ValueError):
        return None


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
