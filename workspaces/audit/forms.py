"""What a person asks of an export of the audit log."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator

# What an export offers at first.
DAYS: Final = 30


class ExportForm(forms.Form):
    """How far back an export goes."""

    days = forms.IntegerField(
        min_value=1,
        label="Days",
        error_messages={"required": "Enter a number of days.", "invalid": "Enter a whole number of days."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.AUDIT_RETENTION_DAYS
        field = self.fields["days"]
        field.help_text = f"The log is kept for {most} days."
        field.validators.append(MaxValueValidator(most))
        field.widget.attrs["max"] = most
