"""What people type about a Workspace, and the color mode they choose."""

from typing import Any, Self

from django import forms

from cloudui.web.forms import VersionedForm, description_field, name_field
from workspaces.models import User, Workspace
from workspaces.models.workspace import DESCRIPTION_LENGTH, NAME_LENGTH


class CreateForm(forms.Form):
    """A new Workspace."""

    name = name_field(NAME_LENGTH)
    description = description_field(DESCRIPTION_LENGTH)


class EditForm(VersionedForm, CreateForm):
    """Edit Details of a Workspace."""

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
        """The form filled in with what the Workspace is, or with `data` once that was sent."""
        fields = ("version", "name", "description", "ci_cd_enforced_by_default")
        return cls(data, initial={field: getattr(workspace, field) for field in fields})


class ColorModeForm(forms.ModelForm):  # type: ignore[type-arg] # not generic at run time
    """The color mode in which a person sees every page."""

    class Meta:
        model = User
        fields = ("color_mode",)
