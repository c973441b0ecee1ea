"""What a person may type about a Deployment and ask of the list. The service decides again what is offered."""

from collections.abc import Callable
from typing import Any

from django import forms

from cloudui.web.text import PlainTextAreaField, PlainTextField
from deployments.models import Cluster, Executor, RuntimeRelease
from deployments.models.deployment import (
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    SCHEDULER_AU,
    SCHEDULER_REPLICAS,
    in_airflow_units,
)


class RowField(forms.ModelChoiceField):  # type: ignore[type-arg] # not generic at run time
    """A choice among rows."""

    def to_python(self, value: Any) -> Any:
        """The row with this key."""
        if "\0" in str(value):
            # PostgreSQL refuses to look for such a text, which would be a server error.
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


def number_field(
    limits: tuple[int, int], *, label: str, help_text: str, error: str, words: Callable[[int], str] = str
) -> forms.Field:
    """A choice of a whole number.

    Args:
        limits: the least, which is chosen at first, and the greatest.
        label: what the number is.
        help_text: what it does.
        error: what to do about anything else.
        words: how each number is shown.
    """
    least, greatest = limits
    return forms.TypedChoiceField(
        choices=[(number, words(number)) for number in range(least, greatest + 1)],
        coerce=int,
        initial=least,
        label=label,
        help_text=help_text,
        error_messages={"required": error, "invalid_choice": error},
    )


class ConfigurationForm(forms.Form):
    """What is chosen at the beginning and may be changed later."""

    name = PlainTextField(
        max_length=NAME_LENGTH,
        error_messages={"required": "Enter a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "dir": "auto"}),
    )
    description = PlainTextAreaField(
        required=False,
        max_length=DESCRIPTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "dir": "auto"}),
    )
    executor = forms.ChoiceField(
        choices=Executor.choices,
        initial=Executor.CELERY,
        help_text="How Airflow runs tasks.",
        error_messages={
            "required": "Select an executor.",
            "invalid_choice": "Select one of these executors.",
        },
    )
    scheduler_replicas = number_field(
        SCHEDULER_REPLICAS,
        label="Scheduler count",
        help_text="With more than one, scheduling goes on when one fails.",
        error="Select 1 to 4 schedulers.",
    )
    scheduler_au = number_field(
        SCHEDULER_AU,
        label="Scheduler resources",
        help_text="What each scheduler gets, in Airflow units (AU).",
        words=in_airflow_units,
        error="Select 5 to 30 AU.",
    )


class CreateForm(ConfigurationForm):
    """A new Deployment."""

    cluster = RowField(
        queryset=Cluster.objects.order_by("name"),
        empty_label="Select Cluster",
        help_text="Where the Deployment runs. It cannot be changed later.",
        error_messages={"required": "Select a cluster.", "invalid_choice": "Select one of these clusters."},
    )
    runtime = RowField(
        queryset=RuntimeRelease.objects.offered(),
        empty_label=None,
        help_text="The version of the runtime, and the Airflow in it.",
        error_messages={"required": "Select a runtime.", "invalid_choice": "Select one of these runtimes."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clusters = list(Cluster.objects.order_by("name")[:2])
        if len(clusters) == 1:
            self.initial.setdefault("cluster", clusters[0].pk)


class ListForm(forms.Form):
    """What the list is asked to show. Nonsense in the address shows the first page, never an error."""

    SORTS = {
        "name": ("sort_name", False),
        "-name": ("sort_name", True),
        "-updated": ("updated_at", True),
        "updated": ("updated_at", False),
        "-created": ("created_at", True),
        "created": ("created_at", False),
    }
    VIEWS = ("cards", "table")

    q = forms.CharField(required=False, max_length=100)
    view = forms.ChoiceField(required=False, choices=[(name, name) for name in VIEWS])
    sort = forms.ChoiceField(required=False, choices=[(name, name) for name in SORTS])
    after = forms.CharField(required=False, max_length=1000)
    before = forms.CharField(required=False, max_length=1000)

    def wanted(self, field: str) -> str:
        """The value of a field, or an empty string if it is missing or nonsense."""
        self.is_valid()
        return str(self.cleaned_data.get(field) or "")
