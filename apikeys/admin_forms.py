"""What operators type about API keys."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from apikeys.credentials import SECRET_PATTERN, KeySecret
from cloudui.web.text import PlainTextField

REASON_LENGTH = 200
# A line of a log or a whole file in which the secret was found.
PASTE_LENGTH = 20_000


class LookUpForm(forms.Form):
    """Text with a secret in it. The field never shows again what was pasted."""

    secret = forms.CharField(
        label="Leaked secret",
        max_length=PASTE_LENGTH,
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "off", "spellcheck": "false", "size": 64}
        ),
        help_text="Paste the secret, or the line in which it was found. It is neither stored nor logged.",
    )

    @sensitive_variables()
    def clean_secret(self) -> KeySecret:
        """The first secret in the text, masked from here on."""
        found = re.search(SECRET_PATTERN, self.cleaned_data["secret"])
        if found is None:
            raise ValidationError("There is no key secret in this text: 60 characters that begin with cui1_.")
        return KeySecret(found.group())


class ReasonForm(forms.Form):
    """Why an operator interferes, for the audit log."""

    reason = PlainTextField(
        max_length=REASON_LENGTH,
        help_text="The audit log and the Deployment's activity show it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 64}),
    )
