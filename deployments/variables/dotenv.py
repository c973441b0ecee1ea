r"""The `.env` format, in which developers keep the variables of a project beside it.

Programs read it differently. What is written here is read back to the letter by us and by python-dotenv, and spelled so
that Node.js (`--env-file`), a shell (`set -a; . ./file`) and Docker read the same wherever there is such a spelling:

* without quotes where nothing in the value is special to any of them; only this is right for `docker run`;
* in single quotes, which a shell and Node.js take literally, and python-dotenv except for \\ and \';
* in double quotes for a value with a single quote and nothing that one of them replaces there.

Where there is none, a comment above the variable names those who read something else.
"""

import io
import re
from typing import Final

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables
from dotenv.parser import parse_stream

from deployments.models import Deployment
from deployments.variables.service import VariableInput, VariableView, list_variables
from deployments.variables.values import clean_value

# Above a secret, whose value is left out; it also says so to whoever reads the file back.
SECRET: Final = "# Secret: its value is never exported. Left blank, it stays as it is."
UNREADABLE: Final = "# {key}: what is stored cannot be read."
# A shell puts the home directory in the place of ~ at the beginning and behind a colon.
PLAIN: Final = re.compile(r"""(?:[^\s\x00-\x1f\x7f"#$&'();<>\\`|~]|(?<=[^:=])~)*""")
IN_SINGLE_QUOTES: Final = re.compile(r"(?:[^'\\\r]|\\(?=[^\\]))*")
# Besides $ and `, which a shell replaces: the escapes of a shell, Node.js and python-dotenv.
IN_DOUBLE_QUOTES: Final = re.compile(r"""(?:[^"$`\\\r]|\\(?=[^\\'"abfnrtv$`\n]))*""")
SHELL: Final = "a shell"
NODE: Final = "Node.js"
DIFFERENT: Final = "# {programs} will read the next value differently: no spelling of it is right for all."
# python-dotenv looks for a comment from each blank of a value on, and takes its time for each entry: half a MiB of
# blanks would hold a process for half an hour, and one of comments for half a minute.
MOST_BLANKS: Final = 1000
MOST_ENTRIES: Final = 5000
LINE_END: Final = re.compile(r"\r\n|\n|\r")
BLANKS: Final = re.compile(r"[^\S\r\n]+")
WITHOUT_QUOTES: Final = re.compile(r"=[^\S\r\n]*[^\s'\"]")


@sensitive_variables()
def parse(text: str) -> list[VariableInput]:
    """Read the variables, in order; a secret as `render` writes it stays stored. ValidationError names lines only."""
    _refuse_blanks(text)
    found: dict[str, VariableInput] = {}
    is_secret = False
    for number, binding in enumerate(parse_stream(io.StringIO(text))):
        line = binding.original.line + _blank_lines(binding.original.string)
        if number == MOST_ENTRIES:
            raise ValidationError(
                f"Line {line}: a file has at most {MOST_ENTRIES:,} variables and comments.", code="too_many"
            )
        if binding.error or (binding.key is not None and binding.value is None):
            raise ValidationError(f"Line {line}: write KEY=value.", code="line")
        if binding.key is None or binding.value is None:
            is_secret = binding.original.string.strip() == SECRET
            continue
        if binding.key in found:
            raise ValidationError(f"Line {line}: the key of this line stands above already.", code="twice")
        found[binding.key] = VariableInput(
            binding.key, clean_value(binding.value) or (None if is_secret else ""), is_secret=is_secret
        )
        is_secret = False
    return list(found.values())


@sensitive_variables()
def render(deployment: Deployment) -> str:
    """All variables as a file, by key; those of secrets are blank, with a comment above them."""
    return "".join(_lines(variable) for variable in list_variables(deployment))


@sensitive_variables()
def _lines(variable: VariableView) -> str:
    if variable.is_secret:
        return f"{SECRET}\n{variable.key}=\n"
    if not variable.is_readable:
        return f"{UNREADABLE.format(key=variable.key)}\n"
    return spell(variable.key, variable.value)


@sensitive_variables()
def spell(key: str, value: str) -> str:
    """A variable as lines of a file, with a comment above if a shell or Node.js cannot read it as it is."""
    if PLAIN.fullmatch(value):
        return f"{key}={value}\n"
    if IN_SINGLE_QUOTES.fullmatch(value):
        return f"{key}='{value}'\n"
    if IN_DOUBLE_QUOTES.fullmatch(value):
        return f'{key}="{value}"\n'
    escaped = value.replace("\\", "\\\\")
    is_replaced = any(each in value for each in "$`\r")
    # In single quotes at least no shell runs anything of the value.
    if is_replaced and "'" not in value and "\r" not in value:
        spelled = f"'{escaped}'"
    else:
        spelled = '"{}"'.format(escaped.replace('"', '\\"').replace("\r", "\\r"))
    programs = [SHELL] * is_replaced + [NODE] * any(each in value for each in '"\\\r')
    named = " and ".join(programs)
    return f"{DIFFERENT.format(programs=named[0].upper() + named[1:])}\n{key}={spelled}\n"


def _refuse_blanks(text: str) -> None:
    """Refuse more blanks in a row than the parser can handle, where they may be in a value without quotes."""
    for blanks in BLANKS.finditer(text):
        if blanks.end() - blanks.start() <= MOST_BLANKS:
            continue
        begin = max(text.rfind("\n", 0, blanks.start()), text.rfind("\r", 0, blanks.start())) + 1
        if WITHOUT_QUOTES.search(text, begin, blanks.start()):
            line = len(LINE_END.findall(text[:begin])) + 1
            raise ValidationError(
                f"Line {line}: a value without quotes has at most {MOST_BLANKS:,} blanks in a row. "
                "Put it in quotes.",
                code="blanks",
            )


def _blank_lines(text: str) -> int:
    return len(LINE_END.findall(text[: len(text) - len(text.lstrip())]))
