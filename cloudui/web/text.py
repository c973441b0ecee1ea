"""What people may type as a name or a description: what can be seen (OWASP ASVS 2.2.1 and 16.4.1; threat T-W6)."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from cloudui.web.characters import compose, find_invisible

LINE_BREAKS = "\r\n"
# No text composes to less than a quarter.
MOST_COMPOSED = 4


def validate_plain_text(text: str, *, multi_line: bool = False) -> None:
    """Raise ValidationError (code `invisible`) naming the first character that cannot be seen."""
    character = find_invisible(text, allowed=LINE_BREAKS + "\t" if multi_line else "")
    if character is not None:
        raise ValidationError(f"Remove the invisible character U+{ord(character):04X}.", code="invisible")


class PlainTextField(forms.CharField):
    """One line of visible text, composed (NFC) and without outer spaces."""

    multi_line = False
    default_error_messages: ClassVar = {
        "max_length": "Use at most %(limit_value)d characters; this has %(show_value)d."
    }

    def to_python(self, value: Any) -> str:
        text: str = (super().to_python(value) or "").replace("\r\n", "\n")
        if self.max_length is not None and len(text) > MOST_COMPOSED * self.max_length:
            # Django measures last. Composing a long row of accents takes the square of its length.
            lengths = {"limit_value": self.max_length, "show_value": len(text)}
            raise ValidationError(self.error_messages["max_length"], code="max_length", params=lengths)
        return compose(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        validate_plain_text(value, multi_line=self.multi_line)


class PlainTextAreaField(PlainTextField):
    """Several lines of visible text."""

    widget = forms.Textarea
    multi_line = True
