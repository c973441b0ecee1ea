"""The .env format: what is written is read again to the letter, and what cannot be read is told by line."""

import contextlib
import io
import time

import dotenv
import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deployments.models.variable import EnvironmentVariable
from deployments.variables.dotenv import parse, render
from deployments.variables.service import VariableInput, save_variables
from deployments.variables.values import clean_value

KEYS = st.from_regex(r"X[A-Za-z0-9_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


def read(text):
    return [(one.key, one.value, one.is_secret) for one in parse(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB=2\n", [("A", "1", False), ("B", "2", False)]),
        ("export A=1", [("A", "1", False)]),
        ("# a comment\n\nA = 1 # another\r\nB=2", [("A", "1", False), ("B", "2", False)]),
        ("A='one\ntwo'", [("A", "one\ntwo", False)]),
        (r'A="one\ntwo"', [("A", "one\ntwo", False)]),
        ("A=${HOME}/x\nB='$A'", [("A", "${HOME}/x", False), ("B", "$A", False)]),
        ("A=", [("A", "", False)]),
        ("\ufeffA=1", [("A", "1", False)]),
        ("A='x  '", [("A", "x", False)]),
        ("", []),
        ("9=1", [("9", "1", False)]),
    ],
)
def test_what_is_read(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("A=1\n\n\nnonsense s3cret\n", "Line 4: write KEY=value."),
        ("A='s3cret", "Line 1: write KEY=value."),
        ("A=1\nB\n", "Line 2: write KEY=value."),
        ("A=1\nB=2\n\nA=s3cret", "Line 4: the key of this line stands above already."),
    ],
)
def test_errors_name_the_line_and_not_what_stands_in_it(text, error):
    with pytest.raises(ValidationError) as refused:
        parse(text)

    assert refused.value.messages == [error]


def test_an_export_leaves_secrets_blank_and_says_so(principal, deployment):
    save_variables(
        principal,
        deployment,
        [
            VariableInput("A", "plain"),
            VariableInput("QUOTED", "it's \\ two\nlines # no comment"),
            VariableInput("TOKEN", "s3cret", is_secret=True),
        ],
    )

    assert render(deployment) == (
        "A=plain\n"
        'QUOTED="it\'s \\ two\nlines # no comment"\n'
        "# Secret: its value is never exported. Left blank, it stays as it is.\n"
        "TOKEN=\n"
    )


def test_an_export_read_back_changes_nothing(principal, deployment):
    before = save_variables(
        principal,
        deployment,
        [VariableInput("A", "1"), VariableInput("B", ""), VariableInput("TOKEN", "s3cret", is_secret=True)],
    )

    after = save_variables(principal, deployment, parse(render(deployment)))

    assert after.variables_version == before.variables_version


def test_what_cannot_be_read_is_a_comment(principal, deployment):
    save_variables(principal, deployment, [VariableInput("TOKEN", "s3cret", is_secret=True)])
    EnvironmentVariable.objects.update(is_secret=False)

    assert render(deployment) == "# TOKEN: what is stored cannot be read.\n"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(values={"X": "a\\", "X1": "it's", "X2": '"', "X3": "\\'", "X4": "a\r\nb\rc", "X5": "\u2028 #x"})
@given(values=st.dictionaries(KEYS, VALUES, max_size=8))
def test_whatever_the_values_are_they_come_back(principal, deployment, values):
    save_variables(principal, deployment, [VariableInput(key, value) for key, value in values.items()])
    kept = {key: clean_value(value) for key, value in values.items()}

    text = render(deployment)

    assert {one.key: one.value for one in parse(text)} == kept
    # And another program reads the same.
    assert dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False) == kept


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "A=1\r\nB=b" + " " * 500_000 + "c",
            "Line 2: a value without quotes has at most 1,000 blanks in a row. Put it in quotes.",
        ),
        (
            "'K='=b" + "\t" * 500_000 + "c",
            "Line 1: a value without quotes has at most 1,000 blanks in a row. Put it in quotes.",
        ),
        ("#\n" * 250_000, "Line 5001: a file has at most 5,000 variables and comments."),
    ],
    ids=["blanks", "blanks after a key in quotes", "comments"],
)
def test_no_file_of_the_size_that_is_taken_holds_a_process(text, error):
    began = time.monotonic()

    with pytest.raises(ValidationError) as refused:
        parse(text)

    assert refused.value.messages == [error]
    assert time.monotonic() - began < 5


def test_many_blanks_in_quotes_are_a_value():
    assert read("A='x" + " " * 2000 + "y'\nB=1") == [("A", "x" + " " * 2000 + "y", False), ("B", "1", False)]


@settings(max_examples=200)
@given(text=st.text(max_size=200))
def test_no_file_is_more_than_an_error(text):
    with contextlib.suppress(ValidationError):
        assert all(one.value is not None for one in parse(text))
