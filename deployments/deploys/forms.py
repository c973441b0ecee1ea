"""The forms of the Deploys tab."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cloudui.web.text import PlainTextField
from cloudui.web.uploads import UploadForm
from deployments.deploys.store.refusal import LIMITS, MIB, Refused, TooLarge
from deployments.deploys.store.unpacking import check
from deployments.models.deployment import DESCRIPTION_LENGTH

TOO_LARGE = f"This file is larger than {LIMITS.sent // MIB} MiB."


class RollBackForm(forms.Form):
    """Go back to an earlier version, and say why."""

    description = PlainTextField(
        required=False, max_length=DESCRIPTION_LENGTH, help_text="What changes, or why. Optional."
    )


class DeployForm(UploadForm, RollBackForm):
    """Upload an archive of DAGs."""

    archive = forms.FileField(
        label="Archive",
        help_text=f"A tar or tar.gz of your DAGs folder, at most {LIMITS.sent // MIB} MiB.",
        # The reader of archives refuses an empty one, as it does whatever else is no archive.
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".tar,.tar.gz,.tgz,application/x-tar,application/gzip"}),
        error_messages={"required": "Choose a file."},
    )
    field_order = ("archive", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.was_too_large:
            self.fields["archive"].error_messages["required"] = TOO_LARGE

    def clean_archive(self) -> Any:
        """Read the file to its end: a wrong one is told here, and is no deploy that failed."""
        archive = self.cleaned_data["archive"]
        if archive.size > LIMITS.sent:
            raise ValidationError(TOO_LARGE, code="too_large")
        try:
            check(archive)
        except Refused as error:
            code = "too_large" if isinstance(error, TooLarge) else "refused"
            raise ValidationError(str(error), code=code) from error
        archive.seek(0)
        return archive
