"""What a person may type about a worker queue. The service decides again under the lock."""

from collections.abc import Mapping
from typing import Any

from django import forms

from cloudui.web.forms import ResendableForm
from deployments.models import Deployment, NodePool, WorkerQueue
from deployments.models.queue import QUEUE_NAME_LENGTH
from deployments.queues.limits import (
    CONCURRENCY,
    DEFAULT_CONCURRENCY,
    MIN_WORKERS,
    NAME_PATTERN,
    NAME_RULE,
    QueueWanted,
    limits,
)
from deployments.queues.service import node_pools


class NumberField(forms.IntegerField):
    """A whole number. The limits tell the browser; the service says what is wrong with one outside them."""

    def __init__(self, allowed: tuple[int, int], **kwargs: Any) -> None:
        self.allowed = allowed
        wrong = f"Enter a number from {allowed[0]} to {allowed[1]}."
        super().__init__(error_messages={"required": wrong, "invalid": wrong}, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """The limits, for the browser."""
        return {"min": self.allowed[0], "max": self.allowed[1], "step": 1}


class EditForm(ResendableForm):
    """Everything of a worker queue that can be changed, over the version that the person saw."""

    worker_type = forms.ChoiceField(
        help_text="The machine on which each worker of this queue runs.",
        error_messages={
            "required": "Select a worker type.",
            "invalid_choice": "Select one of these worker types.",
        },
    )
    min_workers = NumberField(
        MIN_WORKERS, label="Minimum workers", help_text="How many always stand by. 0 lets an idle queue rest."
    )
    concurrency = NumberField(CONCURRENCY, help_text="The maximum number of tasks per worker.")
    version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    field_order = ("name", "worker_type", "min_workers", "max_workers", "concurrency")

    def __init__(self, *args: Any, pools: Mapping[str, NodePool], **kwargs: Any) -> None:
        """Make the form.

        Args:
            *args: what a Form takes, the data first.
            pools: the node pools of the Cluster, by worker type.
            **kwargs: what a Form takes.
        """
        super().__init__(*args, **kwargs)
        self.pools = pools
        self.fields["worker_type"].choices = [  # type: ignore[attr-defined] # a ChoiceField
            (name, f"{pool}, up to {limits(pool).max_workers[1]} workers") for name, pool in pools.items()
        ]
        most = max((limits(pool).max_workers[1] for pool in pools.values()), default=1)
        self.fields["max_workers"] = NumberField(
            (1, most), label="Maximum workers", help_text="How many there are when much is queued."
        )
        self.order_fields(self.field_order)

    @classmethod
    def of(cls, queue: WorkerQueue, data: Any = None) -> "EditForm":
        """The form that shows `queue`, or what was typed over it."""
        wanted = QueueWanted.of(queue)
        shown = {field: getattr(wanted, field) for field in cls.field_order}
        form = cls(
            data,
            pools=node_pools(queue.deployment.cluster),
            initial={**shown, "version": queue.updated_at.isoformat()},
        )
        form.queue_name = queue.name
        return form

    queue_name = ""

    def wanted(self) -> QueueWanted:
        """The queue as it is wanted; the form must be valid."""
        given = {"name": self.queue_name, **self.cleaned_data}
        return QueueWanted(**{field: given[field] for field in self.field_order})

    def accept_version(self, current: WorkerQueue) -> None:
        """Let the next attempt overwrite `current`, keeping what was typed."""
        self.resend_with(version=current.updated_at.isoformat())


class CreateForm(EditForm):
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
    def for_deployment(cls, deployment: Deployment, data: Any = None) -> "CreateForm":
        """The form with what a queue is when nobody chose."""
        pools = node_pools(deployment.cluster)
        first = next(iter(pools.values()), None)
        shown = {
            "min_workers": 0,
            "max_workers": limits(first).default_max_workers if first else None,
            "concurrency": DEFAULT_CONCURRENCY,
        }
        return cls(data, pools=pools, initial=shown)
