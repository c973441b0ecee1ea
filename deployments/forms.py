"""What a person may type about a new Deployment. The service decides again what is offered."""

from typing import Any

from django import forms

from deployments.details.forms import ConfigurationForm
from deployments.models import Cluster, RuntimeRelease


class RowField(forms.ModelChoiceField):  # type: ignore[type-arg] # not generic at run time
    """A choice among rows."""

    def to_python(self, value: Any) -> Any:
        if "\0" in str(value):
            # PostgreSQL refuses to look for such a text, which would be a server error.
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


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
