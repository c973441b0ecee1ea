"""What an operator types about the Airflow of a Deployment."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.views.decorators.debug import sensitive_variables

from cloudui.web.text import PlainTextField
from deployments.airflow.connecting import MOST_URL, try_airflow, with_kept_passwords
from deployments.airflow.service import Connection
from deployments.models import Airflow, AirflowAuth, AirflowRole, Deployment

MOST_CHARACTERS: Final = 200


class ConnectForm(forms.Form):
    """Where Airflow is and how it is let in. No password shows again; an empty one keeps what is stored."""

    base_url = PlainTextField(
        label="Base URL",
        max_length=MOST_URL,
        help_text="Where Airflow answers, such as https://airflow.example.com, without /api at its end.",
        widget=forms.TextInput(attrs={"size": 64, "autocomplete": "off"}),
    )
    auth = forms.ChoiceField(
        label="How it is let in",
        choices=AirflowAuth.choices,
        help_text="With the auth manager of Cloud UI no account is needed, and Airflow's own log names each caller.",
    )

    def __init__(
        self, *args: Any, airflow: Airflow | None, usernames: dict[AirflowRole, str], **kwargs: Any
    ) -> None:
        """Take what a Form takes, the row there is, and the user name of each account that is stored."""
        super().__init__(*args, **kwargs)
        self.airflow = airflow
        if airflow is not None:
            self.initial.update(base_url=airflow.base_url, auth=airflow.auth)
        for role in AirflowRole:
            self.fields[f"{role.value}_username"] = PlainTextField(
                label=f"{role.label}: user name",
                max_length=MOST_CHARACTERS,
                required=False,
                initial=usernames.get(role, "" if airflow else f"console-{role.value}"),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
            self.fields[f"{role.value}_password"] = forms.CharField(
                label=f"{role.label}: password",
                max_length=MOST_CHARACTERS,
                required=False,
                strip=False,
                help_text="Stored. Type a new one to replace it." if role in usernames else "",
                widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
            )

    @property
    def accounts(self) -> list[BoundField]:
        """The fields of the service accounts."""
        return [field for field in self if field.name not in {"base_url", "auth"}]

    @sensitive_variables()
    def tried(self, deployment: Deployment) -> Connection | None:
        """The connection if everything of it is right; otherwise the form says what is not."""
        data = self.cleaned_data
        auth = AirflowAuth(data["auth"])
        typed = {
            role: (data[f"{role.value}_username"], data[f"{role.value}_password"]) for role in AirflowRole
        }
        try:
            # A user name alone is that of a role that nobody registers, unless its password is stored.
            accounts = (
                {}
                if auth == AirflowAuth.AUTH_MANAGER
                else with_kept_passwords(self.airflow, _given(typed, self))
            )
            return try_airflow(deployment, data["base_url"], auth, accounts)
        except ValidationError as error:
            self._show(error)
            return None

    def _show(self, error: ValidationError) -> None:
        for name, found in (error.error_dict if hasattr(error, "error_dict") else {None: error}).items():
            field = f"{name}_password" if name in AirflowRole.values else name
            self.add_error(field, found)


@sensitive_variables()
def _given(
    typed: dict[AirflowRole, tuple[str, str]], form: ConnectForm
) -> dict[AirflowRole, tuple[str, str]]:
    """Without the roles whose user name is only what the form proposed."""
    proposed = {} if form.airflow else {role: f"console-{role.value}" for role in AirflowRole}
    return {role: pair for role, pair in typed.items() if pair[1] or pair[0] != proposed.get(role, "")}
