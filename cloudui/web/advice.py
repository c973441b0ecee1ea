"""What is wrong and what to do about it, as one text whose halves can be told apart."""

from typing import Self

from django.core.exceptions import ValidationError


class Advice(str):
    """A message followed by its remedy: one text wherever a text is taken, and the halves for whoever shows them apart.

    Attributes:
        message: what is wrong, a sentence.
        remedy: what to do about it, one sentence or more.
    """

    __slots__ = ("message", "remedy")

    message: str
    remedy: str

    def __new__(cls, message: str, remedy: str) -> Self:
        advice = super().__new__(cls, f"{message} {remedy}")
        advice.message, advice.remedy = message, remedy
        return advice


def halves(text: object) -> tuple[str, str]:
    """The message and the remedy of a text; a plain one is all message."""
    return (text.message, text.remedy) if isinstance(text, Advice) else (str(text), "")


def advice_of(error: ValidationError) -> tuple[str, str]:
    """The same of a single error, with its parameters filled in."""
    if isinstance(error.message, Advice):
        return error.message.message, error.message.remedy
    return str(next(iter(error))), ""
