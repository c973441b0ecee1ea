"""What a person chooses to move a Deployment. The service decides whether it may go there."""

from collections.abc import Iterable
from typing import Any

from django import forms

from cloudui.web.ids import ID_LENGTH
from workspaces.models import Workspace


class TransferForm(forms.Form):
    """The Workspace to which a Deployment moves."""

    workspace = forms.CharField(
        max_length=ID_LENGTH,
        help_text="The Workspaces in which you are Editor or Admin.",
        error_messages={"required": "Select a Workspace.", "max_length": "Select one of these Workspaces."},
        widget=forms.Select,
    )

    def __init__(self, *args: Any, workspaces: Iterable[Workspace], **kwargs: Any) -> None:
        """Make the form.

        Args:
            *args: what a Form takes, the data first.
            workspaces: those that are offered.
            **kwargs: what a Form takes.
        """
        super().__init__(*args, **kwargs)
        self.offered = [(workspace.pk, workspace.name) for workspace in workspaces]
        self.fields["workspace"].widget.choices = [("", "Select Workspace"), *self.offered]
