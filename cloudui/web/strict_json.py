"""JSON read strictly, so that no two readers can understand a body differently."""

import json
import re
from typing import Any, Final

from django.views.decorators.debug import sensitive_variables

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")


# What a Content-Type may say besides: JSON and forms are UTF-8 by definition (RFC 8259 section 8.1).
CHARSETS: Final = ("", "utf-8", "utf8")
NOT_JSON: Final = "The body is not valid JSON."


class NotStrict(ValueError):
    """The text is not JSON of this kind; the message says why in a sentence, without quoting it."""


class RepeatedName(NotStrict):
    """A name occurs twice in an object."""

    def __init__(self) -> None:
        super().__init__("A name is repeated in an object of the body.")


@sensitive_variables()
def read_json(body: bytes) -> Any:
    """The value in a body: as `parse_json` takes it, and without characters that no other text can carry."""
    value = parse_json(body)
    try:
        require_characters(value, place="The body")
    except RecursionError:
        raise NotStrict(NOT_JSON) from None
    return value


@sensitive_variables()
def parse_json(body: bytes) -> Any:
    """The value in a body of UTF-8, without repeated names, NaN and Infinity; a byte order mark is passed over.

    Python's own recursion limit bounds the depth; the caller bounds the size.

    Raises:
        NotStrict: with the reason; `RepeatedName` for a name that occurs twice.
    """
    try:
        return json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise NotStrict("The body is not valid UTF-8.") from None
    except NotStrict:
        raise
    except (ValueError, RecursionError):
        raise NotStrict(NOT_JSON) from None


@sensitive_variables()
def require_characters(value: object, *, place: str) -> None:
    """Raise NotStrict for null characters, and for half characters, which JSON can express and nothing else can."""
    if isinstance(value, dict):
        for name, each in value.items():
            require_characters(name, place=place)
            require_characters(each, place=place)
    elif isinstance(value, list):
        for each in value:
            require_characters(each, place=place)
    elif isinstance(value, str):
        if "\0" in value:
            raise NotStrict(f"{place} contains a null character.")
        if _HALF_CHARACTER.search(value):
            raise NotStrict(f"{place} contains half a character.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise RepeatedName
    return made


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
