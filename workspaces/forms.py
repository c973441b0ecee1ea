"""What a person may type about a Workspace and choose for himself."""

from django import forms

from cloudui.web.text import PlainTextAreaField, PlainTextField
from workspaces.models import User
from workspaces.models.workspace import DESCRIPTION_LENGTH, NAME_LENGTH

TOO_LONG = "Use at most %(limit_value)d characters; this has %(show_value)d."


class CreateForm(forms.Form):
    """A new Workspace."""

    name = PlainTextField(
        max_length=NAME_LENGTH,
        error_messages={"required": "Enter a name.", "max_length": TOO_LONG},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "dir": "auto"}),
    )
    description = PlainTextAreaField(
        required=False,
        max_length=DESCRIPTION_LENGTH,
        error_messages={"max_length": TOO_LONG},
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "dir": "auto"}),
    )


class ColorModeForm(forms.ModelForm):  # type: ignore[type-arg] # not generic at run time
    """The colours in which a person sees every page."""

    class Meta:
        model = User
        fields = ("color_mode",)
