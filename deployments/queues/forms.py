"""What a person may type about a worker queue. The service decides again under the lock."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Self

from django import forms

from cloudui.web.forms import VersionedForm
from deployments.models import Deployment, NodePool, WorkerQueue
from deployments.models.queue import QUEUE_NAME_LENGTH
from deployments.queues.fields import NUMBERS, QueueInput
from deployments.queues.limits import NAME_PATTERN, NAME_RULE
from deployments.queues.service import node_pools


class NumberField(forms.IntegerField):
    """A whole number. The limits tell the browser; the service says what is wrong with one outside them."""

    def set_limits(self, least: int, greatest: int) -> None:
        wrong = f"Enter a number from {least} to {greatest}."
        self.error_messages |= {"required": wrong, "invalid": wrong}
        self.widget.attrs |= {"min": least, "max": greatest, "step": 1}


class QueueForm(forms.Form):
    """The fields of a worker queue that can be changed."""

    worker_type = forms.ChoiceField(
        help_text="The machine on which each worker of this queue runs.",
        error_messages={
            "required": "Select a worker type.",
            "invalid_choice": "Select one of these worker types.",
        },
    )
    min_workers = NumberField(
        label="Minimum workers", help_text="How many always stand by. 0 lets an idle queue rest."
    )
    max_workers = NumberField(label="Maximum workers", help_text="How many there are when much is queued.")
    concurrency = NumberField(help_text="The maximum number of tasks per worker.")

    field_order = tuple(field.name for field in fields(QueueInput))

    def __init__(self, *args: Any, pools: Mapping[str, NodePool], **kwargs: Any) -> None:
        """`pools` are the node pools of the Cluster by worker type; the other arguments are those of a Form."""
        super().__init__(*args, **kwargs)
        self.pools = pools
        most = {name: NUMBERS["max_workers"].limits(pool)[1] for name, pool in pools.items()}
        self.fields["worker_type"].choices = [  # type: ignore[attr-defined] # a ChoiceField
            (name, f"{pool}, up to {most[name]} workers") for name, pool in pools.items()
        ]
        for name, number in NUMBERS.items():
            greatest = number.greatest or max(most.values(), default=number.least)
            self.fields[name].set_limits(number.least, greatest)  # type: ignore[attr-defined] # a NumberField

    def to_input(self, **kept: str) -> QueueInput:
        data = {**self.cleaned_data, **kept}
        return QueueInput(**{field: data[field] for field in self.field_order})


class EditForm(VersionedForm, QueueForm):
    """Everything of a worker queue but its name."""

    @classmethod
    def of(cls, queue: WorkerQueue, data: Any = None) -> Self:
        return cls(
            data,
            pools=node_pools(queue.deployment.cluster),
            initial={**asdict(QueueInput.of(queue)), "version": queue.version},
        )


class CreateForm(QueueForm):
    """A new worker queue."""

    name = forms.CharField(
        max_length=QUEUE_NAME_LENGTH,
        help_text=f"{NAME_RULE} It cannot be changed later.",
        error_messages={"required": "Enter a name."},
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "none",
                "autocomplete": "off",
                "autofocus": True,
                "pattern": NAME_PATTERN,
                "spellcheck": "false",
                "title": NAME_RULE,
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            # The field with the error gets the focus instead.
            self.fields["name"].widget.attrs.pop("autofocus")

    @classmethod
    def for_deployment(cls, deployment: Deployment, data: Any = None) -> Self:
        pools = node_pools(deployment.cluster)
        first = next(iter(pools.values()), None)
        numbers = {field: number.default_for(first) for field, number in NUMBERS.items()} if first else {}
        return cls(data, pools=pools, initial=numbers)
