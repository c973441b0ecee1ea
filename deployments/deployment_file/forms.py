"""What a person hands in to apply a Deployment file: a pasted text, or a file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from cloudui.web.uploads import UploadForm
from deployments.deployment_file.reader import MAX_BYTES


class UnboundFileInput(forms.FileInput):
    """A choice of a file that says which kinds are meant; a browser forgets the choice after each answer."""

    def __init__(self) -> None:
        super().__init__(
            attrs={"accept": ".yaml,.yml,.json,application/yaml,application/json,text/yaml,text/plain"}
        )


class DeploymentFileForm(UploadForm):
    """A Deployment file. What is wrong in it is found by its reader, which knows the lines."""

    # A CharField would refuse control characters without saying where they are.
    text = forms.Field(
        required=False,
        label="Deployment file",
        help_text="YAML or JSON.",
        widget=forms.Textarea(
            attrs={
                "rows": 16,
                "class": "mono",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "wrap": "off",
                "dir": "ltr",
            }
        ),
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="Or choose a file",
        help_text="At most 256 KiB. It is taken instead of the text above.",
        widget=UnboundFileInput(),
    )

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Give `given`: the file's bytes if one was chosen, otherwise the text."""
        cleaned = super().clean() or {}
        if self.was_too_large:
            raise ValidationError(f"A Deployment file has at most {MAX_BYTES:,} bytes.", code="too_large")
        file = cleaned.get("file")
        given = (cleaned.get("text") or "") if file is None else file.read(MAX_BYTES + 1)
        if not given.strip():
            raise ValidationError("Paste a Deployment file, or choose one.", code="required")
        return {"given": given}
