"""What the parsers of YAML and JSON complain about, in words that say what to do."""

import json
from typing import Final

import yaml

from deployments.deployment_file.problems import Problem

# The parser's words and ours. None of ours repeats anything of the text, which may be a secret.
_SYNTAX: Final = (
    ("found character that cannot start", "A tab or a special character stands where none may.",
     "Indent with spaces, and put the value in quotes."),
    ("found character '", "A tab or a special character stands where none may.",
     "Indent with spaces, and put the value in quotes."),
    ("mapping values are not allowed", "A colon stands where none may.",
     "Put the value in quotes, or correct the indentation of this line."),
    ("could not find expected ':'", "A field has no colon after its name.",
     "Write “name: value”, or correct the indentation of this line."),
    ("found unexpected end of stream", "A quotation mark or a bracket is not closed.", "Close it."),
    ("found unknown escape", "There is no such escape after a backslash.",
     "Write two backslashes, or use single quotes."),
    ("did not find expected", "The indentation, a comma or a bracket is not as it should be.",
     "Compare this line with the ones before it."),
    ("expected", "The indentation, a comma or a bracket is not as it should be.",
     "Compare this line with the ones before it."),
    ("block sequence entries are not allowed", "A list item stands where none may.",
     "Put it on a line of its own, indented like its neighbours."),
)  # fmt: skip
_OTHER_SYNTAX: Final = (
    "This is not valid YAML.",
    "Put the value in quotes, or compare with a downloaded file.",
)


def explained(error: yaml.YAMLError) -> tuple[str, str]:
    """What is wrong with a text that is not YAML, and what to do about it."""
    words = str(getattr(error, "problem", "") or "")
    return next(
        ((message, remedy) for begin, message, remedy in _SYNTAX if words.startswith(begin)), _OTHER_SYNTAX
    )


def json_problem(text: str) -> Problem | None:
    """What is wrong with a text that begins as JSON, in the words of JSON; None if nothing is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        # What follows a colon may be a character of the text.
        message = f"This is not valid JSON: {error.msg.partition(':')[0]}."
        return Problem(message, "Compare with a downloaded file.", line=error.lineno, column=error.colno)
    except (RecursionError, ValueError):
        # Too deep, or a number of thousands of digits: YAML says something about it too.
        pass
    return None
