"""What an Editor may type about a Deployment that is there: its configuration and its alert e-mails."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

from django import forms

from cloudui.web.forms import ResendableForm
from deployments.alerts import EMAIL_LENGTH
from deployments.configuration import FIELDS
from deployments.configuration_history import Meanwhile
from deployments.forms import ConfigurationForm
from deployments.models import Deployment, Executor

# The names of worker queues are lower-case letters and hyphens.
BETWEEN_NAMES = ","
# What the database keeps (PositiveIntegerField); it refuses to compare with much more.
MAX_VERSION = 2**31 - 1


class EditForm(ResendableForm, ConfigurationForm):
    """Edit Details. Switching to Kubernetes asks once more, naming the worker queues that it deletes."""

    version = forms.IntegerField(min_value=0, max_value=MAX_VERSION, widget=forms.HiddenInput)
    ci_cd_enforced = forms.BooleanField(
        required=False,
        label="CI/CD Enforcement",
        help_text="Code is deployed with an API key only; a deploy by a person is refused.",
    )
    dag_deploys_enabled = forms.BooleanField(
        required=False,
        label="DAG Deploys",
        help_text="DAGs can be deployed to this Deployment. When off, every deploy is refused.",
    )
    is_highly_available = forms.BooleanField(
        required=False,
        label="High Availability",
        help_text="Scheduling goes on when a scheduler fails. It needs at least 2 schedulers.",
    )
    # The second step: which queues the warning named, and whether the person agreed.
    named_queues = forms.CharField(required=False, widget=forms.HiddenInput)
    confirm = forms.BooleanField(required=False)

    @classmethod
    def of(cls, deployment: Deployment, data: Any = None, *, queues: Sequence[str] = ()) -> Self:
        """The form of a Deployment.

        Args:
            deployment: what stands in the fields at first.
            data: what was sent, if anything was.
            queues: the names of its worker queues.
        """
        initial = {field: getattr(deployment, field) for field in FIELDS}
        form = cls(data, initial={**initial, "version": deployment.configuration_version})
        form.fields["executor"].help_text = _about_executor(deployment, queues)
        # The dialog puts the caret where it is needed, which after an error is elsewhere.
        del form.fields["name"].widget.attrs["autofocus"]
        return form

    @property
    def changes(self) -> dict[str, Any]:
        """What is wanted, for `update_deployment`."""
        return {field: self.cleaned_data[field] for field in FIELDS}

    @property
    def agreed_queues(self) -> list[str]:
        """The names of the worker queues that the person agreed to lose."""
        if not self.cleaned_data["confirm"]:
            return []
        return str(self.cleaned_data["named_queues"]).split(BETWEEN_NAMES)

    def ask_about(self, names: Sequence[str]) -> None:
        """Ask whether these worker queues may be deleted; everything else stays as it was sent."""
        self.resend_with(confirm="", named_queues=BETWEEN_NAMES.join(names))
        which = "this worker queue" if len(names) == 1 else "these worker queues"
        self["confirm"].label = f"Delete {which}"
        self.add_error("confirm", "Tick this to go on, or select Celery again.")

    def merged(self, current: Deployment, meanwhile: Iterable[Meanwhile]) -> Self:
        """A form with what others changed, and over it what this person changed.

        Args:
            current: the Deployment as it is now.
            meanwhile: what others changed since this form was opened.
        """
        opened = {field: getattr(current, field) for field in FIELDS}
        opened.update((change.field, change.before) for change in meanwhile)
        form = type(self).of(current)
        form.fields["executor"].help_text = self.fields["executor"].help_text
        form.initial.update((field, value) for field, value in self.changes.items() if value != opened[field])
        return form

    def words(self, field: str, value: Any) -> str:
        """A value of a field as the form shows it."""
        if isinstance(value, bool):
            return "On" if value else "Off"
        choices = getattr(self.fields[field], "choices", ())
        return str(dict(choices).get(value, value))


class AlertEmailForm(forms.Form):
    """One more address. The service decides what is an address, so that all faces decide alike."""

    email = forms.CharField(
        label="Email",
        max_length=EMAIL_LENGTH,
        error_messages={
            "required": "Enter an e-mail address.",
            "max_length": f"Use at most {EMAIL_LENGTH} characters.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


def _about_executor(deployment: Deployment, queues: Sequence[str]) -> str:
    if deployment.executor == Executor.KUBERNETES:
        return "How Airflow runs tasks. Switching to Celery makes a worker queue named default."
    if not queues:
        return "How Airflow runs tasks."
    which = f"the worker queue {queues[0]}" if len(queues) == 1 else f"the worker queues {', '.join(queues)}"
    return f"How Airflow runs tasks. Switching to Kubernetes deletes {which}."
