"""What people may type as a name or a description: what can be seen (OWASP ASVS 2.2.1 and 16.4.1; threat T-W6)."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from cloudui.web.characters import compose, find_invisible

LINE_BREAKS = "\r\n"


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
        text: str = super().to_python(value) or ""
        return compose(text.replace("\r\n", "\n"))

    def validate(self, value: str) -> None:
        super().validate(value)
        validate_plain_text(value, multi_line=self.multi_line)


class PlainTextAreaField(PlainTextField):
    """Several lines of visible text."""

    widget = forms.Textarea
    multi_line = True
