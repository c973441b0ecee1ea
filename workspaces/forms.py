"""What a person may type about a Workspace and choose for himself."""

from typing import Any, Self

from django import forms

from cloudui.web.forms import ResendableForm
from cloudui.web.text import PlainTextAreaField, PlainTextField
from workspaces.models import User, Workspace
from workspaces.models.workspace import DESCRIPTION_LENGTH, NAME_LENGTH
from workspaces.service import version_of


class CreateForm(forms.Form):
    """A new Workspace."""

    name = PlainTextField(
        max_length=NAME_LENGTH,
        error_messages={"required": "Enter a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "dir": "auto"}),
    )
    description = PlainTextAreaField(
        required=False,
        max_length=DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "dir": "auto"}),
    )


class EditForm(ResendableForm, CreateForm):
    """Edit Details of a Workspace."""

    version = forms.CharField(max_length=64, widget=forms.HiddenInput)
    ci_cd_enforced_by_default = forms.BooleanField(
        required=False,
        label="CI/CD Enforcement Default",
        help_text=(
            "New Deployments begin with CI/CD Enforcement on: only API keys deploy code to them. "
            "Those that are there keep theirs."
        ),
    )

    @classmethod
    def of(cls, workspace: Workspace, data: Any = None) -> Self:
        """The form of a Workspace: what stands in it at first, and what was sent if anything was."""
        initial = {"version": version_of(workspace)}
        for field in ("name", "description", "ci_cd_enforced_by_default"):
            initial[field] = getattr(workspace, field)
        return cls(data, initial=initial)

    def accept_version(self, current: Workspace) -> None:
        """Let the next attempt replace what somebody else saved meanwhile, now that the person was told."""
        self.resend_with(version=version_of(current))


class ColorModeForm(forms.ModelForm):  # type: ignore[type-arg] # not generic at run time
    """The colours in which a person sees every page."""

    class Meta:
        model = User
        fields = ("color_mode",)
