"""What people may type as a name or a description.

Control, format and bidirectional characters can make one name look like another or reverse a line of a log
(OWASP ASVS 2.2.1 and 16.4.1; threat T-W6). The zero-width joiner stays: emoji need it.
"""

import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

ZERO_WIDTH_JOINER = "\u200d"
LINE_BREAKS = "\r\n"


def validate_plain_text(text: str, *, multi_line: bool = False) -> None:
    """Raise ValidationError (code `invisible`) naming the first character that cannot be seen."""
    allowed = ZERO_WIDTH_JOINER + (LINE_BREAKS + "\t" if multi_line else "")
    for character in text:
        if (
            unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
            and character not in allowed
        ):
            raise ValidationError(f"Remove the invisible character U+{ord(character):04X}.", code="invisible")


class PlainTextField(forms.CharField):
    """One line of visible text, composed (NFC) and without outer spaces."""

    multi_line = False
    default_error_messages: ClassVar = {
        "max_length": "Use at most %(limit_value)d characters; this has %(show_value)d."
    }

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))

    def validate(self, value: str) -> None:
        super().validate(value)
        validate_plain_text(value, multi_line=self.multi_line)


class PlainTextAreaField(PlainTextField):
    """Several lines of visible text."""

    widget = forms.Textarea
    multi_line = True
