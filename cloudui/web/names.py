"""A name that only one row may have."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError


@contextmanager
def unique_name(
    is_taken: Callable[[], bool], *, refusal: str | ValidationError, field: str = "name"
) -> Iterator[None]:
    """Around a transaction that gives a row a name: of two who choose the same at once, one is refused.

    Only the database can tell then, and it says no more than that a constraint was violated.

    Args:
        is_taken: whether another row has the name, called after the transaction has failed.
        refusal: what to say about the name.
        field: on which field.

    Raises:
        ValidationError: on the field, if the name was the reason.
        IntegrityError: if something else was.
    """
    try:
        yield
    except IntegrityError as error:
        if is_taken():
            raise ValidationError({field: refusal}) from error
        raise
