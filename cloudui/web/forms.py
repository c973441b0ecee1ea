"""What the forms of several apps share: name and description, an edit of a version, a typed word before a deletion."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cloudui.web.text import PlainTextAreaField, PlainTextField
from cloudui.web.versions import HIGHEST_VERSION, StaleEdit


def name_field(max_length: int) -> PlainTextField:
    """The name of what a form is about, where typing begins."""
    return PlainTextField(
        max_length=max_length,
        error_messages={"required": "Enter a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "dir": "auto"}),
    )


def description_field(max_length: int, *, rows: int = 3) -> PlainTextAreaField:
    """Its description, which may be left out; `rows` lines of it are seen at once."""
    return PlainTextAreaField(
        required=False,
        max_length=max_length,
        widget=forms.Textarea(attrs={"rows": rows, "autocomplete": "off", "dir": "auto"}),
    )


class ResendableForm(forms.Form):
    """A form that can be shown again as it was sent, ready for the next attempt."""

    def resend_with(self, **values: str) -> None:
        """Keep what was sent, except for these fields, which nobody types."""
        self.data = {**dict(self.data.items()), **values}


class VersionedForm(ResendableForm):
    """An edit of a row, made against the version that the person saw (cloudui.web.versions)."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=HIGHEST_VERSION,
        error_messages={"required": "Reload the page and try again."},
    )

    def accept(self, stale: StaleEdit) -> None:
        """Let the next attempt replace what somebody else saved, now that the person was told; what was typed stays."""
        self.resend_with(version=str(stale.version))


class TypedWordForm(forms.Form):
    """Asks for an exact word, so that nobody deletes by a slip of the mouse.

    The word counts in its exact case and without the spaces around it. A word that differs in case only is
    answered with a hint, since a person who reads "Type Delete" may not see the capital.
    """

    word = forms.CharField(
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, word: str = "Delete", **kwargs: Any) -> None:
        """Take what a Form takes, and the word that must be typed."""
        super().__init__(*args, **kwargs)
        self.expected = word
        field = self.fields["word"]
        field.label = f"Type {word} to confirm"
        # submit.js lets the button sleep until the word is there.
        field.widget.attrs["data-expects"] = word
        field.error_messages["required"] = self._refusal

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word == self.expected:
            return word
        if word.lower() == self.expected.lower():
            raise ValidationError(self.hint, code="case")
        raise ValidationError(self._refusal, code="word")

    @property
    def hint(self) -> str:
        """What to tell whoever typed the word in another case."""
        first = self.expected[0]
        return f"Type {self.expected} exactly ({'capital' if first.isupper() else 'small'} {first})."

    # Private

    @property
    def _refusal(self) -> str:
        return f"Type {self.expected} to confirm."
