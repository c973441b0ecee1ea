"""The edit form of environment variables: rows that are sent together, nothing typed lost on the way.

A row is four texts (`key`, `value`, `was`, `draft`) at the same place of four lists, and ticks name its number: so
Django reads a form of 500 rows, and it works without scripts.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.views.decorators.debug import sensitive_variables

from cloudui.web.forms import VersionedForm
from cloudui.web.principal import Principal
from cloudui.web.uploads import UploadForm
from cloudui.web.versions import StaleEdit
from deployments.models import Deployment
from deployments.variables import dotenv, drafts
from deployments.variables.merge import MINE, THEIRS, Row, merge
from deployments.variables.service import MOST_VARIABLES, VariableInput, VariableView, list_variables

INCOMPLETE: Final = "This form arrived incomplete. Nothing was saved. Reload the page and try again."
TYPE_AGAIN: Final = "Type the value again: what was typed as a secret is not shown."
CHOOSE: Final = "Choose which one to keep."
EXISTS: Final = "There is a variable of this key. Search for it in the list to edit it."
# What a form of some of the variables sends as `listed`: in one of all, what is missing is deleted.
PART: Final = "part"
MOST_FILE_BYTES: Final = 512 * 1024
TOO_LARGE: Final = f"Choose a file of at most {MOST_FILE_BYTES:,} bytes."
TEXTS: Final = ("key", "value", "was", "draft")


class VariablesForm(VersionedForm):
    """Variables of a Deployment as rows, and an empty one after them, which the person needs next if `adds_row`.

    Where `is_partial`, the rows are not all there are, and the others stay as they are. `gone` are the keys that
    somebody else deleted; `is_edited`: it holds what somebody typed and nobody saved.
    """

    @sensitive_variables()
    def __init__(
        self,
        principal: Principal,
        deployment: Deployment,
        data: QueryDict | None = None,
        *,
        listed: Sequence[VariableView] = (),
    ) -> None:
        super().__init__(data, initial={"version": deployment.variables_version})
        self._principal = principal
        self._deployment = deployment
        # Reading all of them takes as long as decrypting them.
        self._stored = list_variables(deployment) if self.is_bound else []
        self.rows = [Row.of(variable) for variable in listed]
        self.is_partial = len(listed) < deployment.variable_count
        self.gone: list[str] = []
        self.is_stale = False
        self.is_edited = self.is_bound
        self.adds_row = "add" in self.data if self.is_bound else not self.rows

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Read the rows. Secrets are sealed here, so that nothing later can show one."""
        data = cast("QueryDict", self.data)
        columns = [data.getlist(name) for name in TEXTS]
        if self.has_error("version") or not columns[0] or len({len(column) for column in columns}) > 1:
            # Half a form would delete what is missing in it.
            self.resend_with(version=str(self._deployment.variables_version))
            raise ValidationError(INCOMPLETE, code="incomplete")
        self.rows, self.is_partial = [], data.get("listed") == PART
        for number, (key, value, was, draft) in enumerate(zip(*columns, strict=True)):
            row = Row(key.strip(), value.replace("\r\n", "\n"), was=was, draft=draft)
            self._read_ticks(row, data, str(number))
            if row.choice == THEIRS:
                self.rows += [Row.of(row.now)] if row.now else []
            elif not row.is_blank and not (row.is_new and row.is_deleted):
                self._seal(row)
                self.rows.append(row)
        self._refuse_unlisted()
        return self.cleaned_data

    def is_valid(self) -> bool:
        return super().is_valid() and not any(row.error for row in self.rows)

    @sensitive_variables()
    def fill(self, imported: Sequence[VariableInput], *, are_secret: bool) -> None:
        """Put a file's variables into the rows (others stay, nothing is saved); `are_secret` is for those new here."""
        self.is_edited = True
        known = {row.key: row for row in self.rows}
        for one in imported:
            row = known.get(one.key) or Row(one.key, is_secret=are_secret)
            row.is_secret = row.is_secret or one.is_secret
            if one.value is not None and (one.value or not row.is_secret):
                row.value, row.draft = one.value, ""
            self._seal(row)
            if one.key not in known:
                self.rows.append(row)

    @sensitive_variables()
    def to_input(self) -> list[VariableInput]:
        others = [VariableInput(other.key, None, other.is_secret) for other in self._unlisted(self._stored)]
        return others + [row.to_input(self._typed(row)) for row in self.rows if not row.is_deleted]

    def accept(self, stale: StaleEdit) -> None:
        super().accept(stale)
        current = list_variables(stale.current)
        unlisted = {other.key for other in self._unlisted(current)} - {row.key for row in self.rows}
        self.rows, self.gone = merge(self.rows, [one for one in current if one.key not in unlisted])
        self.is_stale = True

    def refuse(self, refusal: ValidationError) -> None:
        rows = {row.key: row for row in self.rows if not row.is_deleted}
        for key, errors in refusal.error_dict.items():
            if key in rows:
                rows[key].error = " ".join(text for error in errors for text in error.messages)
                rows[key].error_is_about_key = str(errors[0].code).startswith("key_")
            else:
                self.add_error(None, errors)

    # Private

    def _unlisted(self, variables: Sequence[VariableView]) -> list[VariableView]:
        """Of these, those that never were in this form."""
        listed = {row.key for row in self.rows if not row.is_new}
        return [one for one in variables if one.key not in listed] if self.is_partial else []

    def _refuse_unlisted(self) -> None:
        others = {other.key for other in self._unlisted(self._stored)}
        for row in self.rows:
            if row.is_new and row.key in others:
                row.error, row.error_is_about_key = EXISTS, True

    @sensitive_variables()
    def _read_ticks(self, row: Row, data: QueryDict, number: str) -> None:
        row.is_secret = number in data.getlist("secret")
        row.is_deleted = number in data.getlist("delete")
        if number in data.getlist("conflict"):
            row.news, row.now = "conflict", self._variable(row.key)
            row.choice = data.get(f"choice-{number}", "")

    def _variable(self, key: str) -> VariableView | None:
        return next((variable for variable in self._stored if variable.key == key), None)

    @sensitive_variables()
    def _seal(self, row: Row) -> None:
        if row.is_secret and row.value.strip():
            row.draft = drafts.seal(self._principal, self._deployment, row.value)
        if row.is_secret:
            row.value = ""
            if row.draft and not row.is_deleted and not self._typed(row):
                # Its key is gone. To keep the stored value would look as if the typed one had been saved.
                row.draft, row.error = "", TYPE_AGAIN
        elif row.draft and row.value.strip():
            row.draft = ""
        elif row.draft and not row.is_deleted:
            row.error = TYPE_AGAIN
        if row.news == "conflict" and row.choice != MINE:
            row.error = CHOOSE

    def _typed(self, row: Row) -> str:
        return drafts.unseal(self._principal, self._deployment, row.draft) if row.draft else ""


class EmptyTextarea(forms.Textarea):
    """A box that comes back empty, as a password's does."""

    def format_value(self, value: object) -> None:
        """Nothing, whatever was typed."""


class ImportForm(UploadForm):
    """A .env file, chosen or pasted."""

    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="File",
        widget=forms.FileInput(attrs={"accept": ".env,.txt,text/plain"}),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste its content",
        widget=EmptyTextarea(
            attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )
    are_secret = forms.BooleanField(
        required=False,
        label="New variables are secret",
        help_text="Otherwise their values are shown in the next step, where each can be made secret.",
    )

    @sensitive_variables()
    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if self.was_too_large:
            raise ValidationError(TOO_LARGE, code="too_large")
        if self.errors:
            return data
        text = data["text"]
        if file := data["file"]:
            text = _read(file)
        if not text.strip():
            raise ValidationError("Choose a file or paste its content.", code="required")
        variables = dotenv.parse(text)
        if len(variables) > MOST_VARIABLES:
            raise ValidationError(
                f"A Deployment has at most {MOST_VARIABLES} variables; these are {len(variables)}.",
                code="too_many",
            )
        return {**data, "variables": variables}


@sensitive_variables()
def _read(file: "UploadedFile[bytes]") -> str:
    content: bytes = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise ValidationError(TOO_LARGE, code="too_large")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValidationError("This file is not text in UTF-8.", code="encoding") from None
