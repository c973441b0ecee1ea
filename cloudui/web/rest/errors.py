"""How the REST interface refuses: every failure in the one shape of cloudui.web.api, with the fields it is about."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from ninja.errors import HttpError
from ninja.errors import ValidationError as MalformedRequest
from pydantic import BaseModel

from cloudui.web.advice import Advice
from cloudui.web.api import ApiError
from cloudui.web.rest.schemas import PATTERN_MESSAGES, Body
from cloudui.web.versions import StaleEdit

INVALID: Final = "What was sent is not valid. Each of the fields says why."

# What pydantic says, in our words; anything else is passed on as it is.
_WORDS: Final = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
}
# Of a text whose regular expression has no words of its own.
WRONG_FORM: Final = "This does not have the form that the document of the interface gives for it."
READ_ONLY: Final = Advice("This field cannot be changed.", "Leave it out, or send it as GET returns it.")


def invalid(fields: Iterable[tuple[str, str]]) -> ApiError:
    """422 for a request that can be understood and not be followed: pairs of a field and a sentence about it."""
    listed = [{"field": field, "message": message} for field, message in fields]
    return ApiError(422, "invalid_request", INVALID, more={"fields": listed})


def conflict(description: str, **more: object) -> ApiError:
    """409: it is no longer what the caller saw, is being changed, or is not in the state for it."""
    return ApiError(409, "conflict", description, more=more)


def require_unchanged(
    body: Body, current: BaseModel, parts: Iterable[tuple[str, Body, BaseModel | None]] = ()
) -> None:
    """Refuse a body whose read-only fields (`Body.VIEW`) are not what GET returns.

    A body with a version that has passed is left to the service, which answers 409: then they differ for that reason.

    Args:
        body: the body of the request.
        current: what GET returns now.
        parts: the bodies inside of it, each with its place and its own view; None for what is not there yet.

    Raises:
        ApiError: 422 that names each field that differs.
    """
    if getattr(body, "version", None) not in {None, getattr(current, "version", None)}:
        return
    changed = [
        ".".join(filter(None, (place, name)))
        for place, part, view in [("", body, current), *parts]
        for name in part.changed_read_only(view)
    ]
    if changed:
        raise invalid((field, READ_ONLY) for field in changed)


@contextmanager
def named(prefix: str = "", **renamed: str) -> Iterator[None]:
    """Name the fields of a service's ValidationError as the body does.

    Args:
        prefix: comes before the name of each field.
        **renamed: the name in the body for each field that the service names otherwise.

    Raises:
        ApiError: 422 instead of the ValidationError; 409 for one that is about no field.
    """
    try:
        yield
    except ValidationError as error:
        raise _refusal(error, prefix, renamed) from error


def translated(exception: Exception) -> Exception:
    """The exception by which cloudui.web.api answers as it should, for one that a route or django-ninja raised."""
    match exception:
        case ValidationError():
            return _refusal(exception, "", {})
        case StaleEdit():
            return conflict(str(exception), version=exception.version)
        case MalformedRequest():
            return invalid(_place(error) for error in exception.errors)
        case HttpError():
            # django-ninja's own, around the exception of the parser of bodies.
            cause = exception.__cause__
            return cause if isinstance(cause, ApiError) else ApiError(400, "invalid_request", str(exception))
        case _:
            return exception


def _refusal(error: ValidationError, prefix: str, renamed: dict[str, str]) -> ApiError:
    if not hasattr(error, "error_dict"):
        # It is about no field: the request is good, but not while things are as they are.
        return conflict(" ".join(error.messages))
    return invalid(_fields(error, prefix, renamed))


def _fields(error: ValidationError, prefix: str, renamed: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for name, messages in error.message_dict.items():
        field = "" if name == NON_FIELD_ERRORS else renamed.get(name, name)
        place = ".".join(filter(None, (prefix, field))) or "body"
        found += [(place, str(message)) for message in messages]
    return found


def _place(error: dict[str, Any]) -> tuple[str, str]:
    source, *path = error["loc"]
    if source == "body":
        # The first is the name of the route's argument.
        path = path[1:]
    if error["type"] == "string_pattern_mismatch":
        message = PATTERN_MESSAGES.get(error["ctx"]["pattern"], WRONG_FORM)
    else:
        message = _WORDS.get(error["type"]) or f"{error['msg']}."
    return ".".join(map(str, path)) or str(source), message
