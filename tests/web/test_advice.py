"""A message with its remedy reads as one text, and its halves can be told apart."""

import pytest
from django.core.exceptions import ValidationError

from cloudui.web.advice import Advice, advice_of, halves

FULL = Advice("It is full.", "Delete one first. Or ask.")


def test_it_is_the_text_of_both():
    assert FULL == "It is full. Delete one first. Or ask."
    assert f"{FULL}" == str(FULL) == ValidationError(FULL).messages[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(FULL, ("It is full.", "Delete one first. Or ask.")), ("No. Never.", ("No. Never.", ""))],
)
def test_the_halves_are_never_cut_out_of_a_plain_text(text, expected):
    assert halves(text) == expected
    assert advice_of(ValidationError({"name": text}).error_dict["name"][0]) == expected


def test_parameters_of_an_error_are_filled_in():
    assert advice_of(ValidationError("At most %(limit)d.", params={"limit": 5})) == ("At most 5.", "")
