"""What an Editor may type about a Deployment: its configuration, its alert e-mails, where it moves."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from django import forms

from cloudui.web.forms import VersionedForm, description_field, name_field
from cloudui.web.ids import ID_LENGTH
from deployments.details.alert_emails import EMAIL_LENGTH
from deployments.details.history import Meanwhile
from deployments.details.service import FIELDS
from deployments.details.transfer import Targets
from deployments.models import Deployment, Executor
from deployments.models.deployment import DESCRIPTION_LENGTH, NAME_LENGTH, SCHEDULER_AU, SCHEDULER_REPLICAS
from deployments.units import in_airflow_units

# The names of worker queues are lower-case letters and hyphens.
BETWEEN_NAMES = ","


def number_field(
    limits: tuple[int, int], *, label: str, help_text: str, error: str, words: Callable[[int], str] = str
) -> forms.Field:
    """A choice of a whole number, the least of its `limits` at first; `words` puts each number into words."""
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

    name = name_field(NAME_LENGTH)
    description = description_field(DESCRIPTION_LENGTH, rows=2)
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


class EditForm(VersionedForm, ConfigurationForm):
    """Edit Details. Switching to Kubernetes asks once more, naming the worker queues that it deletes."""

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
        initial = {field: getattr(deployment, field) for field in FIELDS}
        form = cls(data, initial={**initial, "version": deployment.configuration_version})
        form.fields["executor"].help_text = _about_executor(deployment, queues)
        # The dialog puts the caret where it is needed, which after an error is elsewhere.
        del form.fields["name"].widget.attrs["autofocus"]
        return form

    @property
    def changes(self) -> dict[str, Any]:
        return {field: self.cleaned_data[field] for field in FIELDS}

    @property
    def agreed_queues(self) -> list[str]:
        if not self.cleaned_data["confirm"]:
            return []
        return str(self.cleaned_data["named_queues"]).split(BETWEEN_NAMES)

    def ask_about(self, names: Sequence[str]) -> None:
        self.resend_with(confirm="", named_queues=BETWEEN_NAMES.join(names))
        which = "this worker queue" if len(names) == 1 else "these worker queues"
        self["confirm"].label = f"Delete {which}"
        self.add_error("confirm", "Tick this to go on, or select Celery again.")

    def merged(self, current: Deployment, meanwhile: Iterable[Meanwhile]) -> Self:
        """A form of the Deployment as it is now, with what this person changed over what others did meanwhile."""
        by_field = {change.field: change for change in meanwhile}
        form = type(self).of(current)
        form.fields["executor"].help_text = self.fields["executor"].help_text
        for field, value in self.changes.items():
            change = by_field.get(field)
            is_as_opened = change.was(value) if change else value == getattr(current, field)
            if not is_as_opened:
                form.initial[field] = value
        return form

    def words(self, field: str, value: Any) -> str:
        if isinstance(value, bool):
            return "On" if value else "Off"
        choices = getattr(self.fields[field], "choices", ())
        return str(dict(choices).get(value, value))


class AlertEmailForm(forms.Form):
    """One more e-mail address. The service decides what is one, so that all faces decide alike."""

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


class TransferForm(forms.Form):
    """The Workspace to which a Deployment moves."""

    workspace = forms.CharField(
        max_length=ID_LENGTH,
        help_text="The Workspaces in which you are Editor or Admin.",
        error_messages={"required": "Select a Workspace.", "max_length": "Select one of these Workspaces."},
        widget=forms.Select,
    )

    def __init__(self, *args: Any, targets: Targets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = [(workspace.pk, workspace.name) for workspace in targets.workspaces]
        self.fields["workspace"].widget.choices = [("", "Select Workspace"), *self.offered]
