"""What a person may type about an API key. The rules about the key itself are in the services."""

import re
import secrets
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apikeys.models import ApiKey
from apikeys.models.key import DESCRIPTION_LENGTH, NAME_LENGTH
from cloudui.web.forms import ResendableForm, VersionedForm, description_field, name_field

NONCE = re.compile(r"[0-9a-f]{32}")


def new_nonce() -> str:
    """A fresh creation nonce: 32 hexadecimal digits, 128 bits."""
    return secrets.token_hex(16)


class KeyForm(ResendableForm):
    """Name and description, which are all that can be chosen and changed."""

    name = name_field(NAME_LENGTH)
    description = description_field(DESCRIPTION_LENGTH)


class CreateForm(KeyForm):
    """A new key. The nonce makes sending the same form twice harmless."""

    nonce = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("nonce", new_nonce())

    def clean_nonce(self) -> str:
        """The nonce, which only a form made by this product has."""
        nonce: str = self.cleaned_data["nonce"]
        if not NONCE.fullmatch(nonce):
            self.renew_nonce()
            raise ValidationError("This form was incomplete. It is ready now: send it again.")
        return nonce

    def renew_nonce(self) -> None:
        """Make the form ready to be sent again as a new one, keeping what was typed."""
        self.resend_with(nonce=new_nonce())


class EditForm(VersionedForm, KeyForm):
    """A change to a key."""

    @classmethod
    def of(cls, key: ApiKey, data: Any = None) -> "EditForm":
        """The form that shows `key`, or what was typed over it."""
        initial = {"name": key.name, "description": key.description, "version": key.version}
        return cls(data, initial=initial)


class SecretForm(forms.Form):
    """Which secret of a key is meant."""

    number = forms.IntegerField(min_value=1, max_value=2**31 - 1)

    def value(self) -> int:
        """The number, or 0, which no secret has, for nonsense."""
        return int(self.cleaned_data["number"]) if self.is_valid() else 0


class PeriodForm(forms.Form):
    """How many days of use are looked at."""

    # The first is the default.
    PERIODS = (30, 90)

    days = forms.TypedChoiceField(choices=[(str(days), str(days)) for days in PERIODS], coerce=int)

    def value(self) -> int:
        """The number, or the default for nonsense."""
        return int(self.cleaned_data["days"]) if self.is_valid() else self.PERIODS[0]


class RotateForm(forms.Form):
    """When the old secret ends."""

    OVERLAPS = {
        "now": ("Now: it leaked, or nothing uses it", timedelta(0)),
        "1h": ("In 1 hour", timedelta(hours=1)),
        "24h": ("In 24 hours", timedelta(hours=24)),
        "7d": ("In 7 days", timedelta(days=7)),
    }

    ends = forms.ChoiceField(
        label="The current secret ends",
        choices=[(name, label) for name, (label, _) in OVERLAPS.items()],
        initial="24h",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when the current secret ends."},
    )

    @property
    def overlap(self) -> timedelta:
        """How long the old secret still works; the form must be valid."""
        return self.OVERLAPS[self.cleaned_data["ends"]][1]
