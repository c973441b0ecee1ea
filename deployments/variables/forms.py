"""The edit form of environment variables: all of them as rows, sent together, nothing typed lost on the way.

A row is four texts (`key`, `value`, `was`, `draft`) at the same place of four lists; what is ticked names its row
by number. So a form of 500 rows is still one that Django reads, and works without scripts.
"""

from collections.abc import Sequence
from typing import Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.views.decorators.debug import sensitive_variables

from cloudui.web.principal import Principal
from cloudui.web.uploads import UploadForm
from deployments.models import Deployment
from deployments.variables import dotenv, drafts
from deployments.variables.merge import MINE, THEIRS, Row, merge
from deployments.variables.service import MOST_VARIABLES, Wanted, list_variables

INCOMPLETE: Final = "This form arrived incomplete. Nothing was saved. Reload the page and try again."
TYPE_AGAIN: Final = "Type the value again: what was typed as a secret is not shown."
CHOOSE: Final = "Choose which one to keep."
MOST_FILE_BYTES: Final = 512 * 1024
TOO_LARGE: Final = f"Choose a file of at most {MOST_FILE_BYTES:,} bytes."
TEXTS: Final = ("key", "value", "was", "draft")


class VariablesForm:
    """The form as it is shown: rows, and what is wrong with them as a whole.

    Attributes:
        rows: those to show, without the empty one that always follows.
        version: the `variables_version` that they were read from.
        errors: what is wrong with the set as a whole.
        is_sent: whether it holds what somebody typed and nobody saved.
        is_stale: whether somebody else saved meanwhile; `gone` are the keys that he deleted.
        wants_another: whether the empty row is what the person wants next.
    """

    def __init__(self, principal: Principal, deployment: Deployment) -> None:
        """Show the variables as they are stored."""
        self._principal = principal
        self._deployment = deployment
        self.version = deployment.variables_version
        self._stored = list_variables(deployment)
        self.rows = [Row.of(shown) for shown in self._stored]
        self.errors: list[str] = []
        self.gone: list[str] = []
        self.is_sent = False
        self.is_stale = False
        self.wants_another = not self.rows

    @property
    def is_valid(self) -> bool:
        """Whether nothing is known to be wrong yet; the service decides about keys and values."""
        return not self.errors and not any(row.error for row in self.rows)

    @sensitive_variables()
    def receive(self, data: QueryDict) -> None:
        """Take what somebody sent. Secrets are sealed here, so that nothing later can show one."""
        self.is_sent, self.wants_another = True, "add" in data
        texts = [data.getlist(name) for name in TEXTS]
        version = data.get("version", "")
        if len({len(column) for column in texts}) > 1 or not texts[0] or not _is_number(version):
            # Half a form would delete what is missing in it.
            self.errors.append(INCOMPLETE)
            return
        self.version = int(version)
        stored = {shown.key: shown for shown in self._stored}
        self.rows = []
        for number, (key, value, was, draft) in enumerate(zip(*texts, strict=True)):
            row = Row(key.strip(), value.replace("\r\n", "\n"), was=was, draft=draft)
            row.is_secret = str(number) in data.getlist("secret")
            row.is_deleted = str(number) in data.getlist("delete")
            if str(number) in data.getlist("conflict"):
                row.news, row.now = "conflict", stored.get(row.key)
                row.choice = data.get(f"choice-{number}", "")
            if row.choice == THEIRS:
                self.rows += [Row.of(row.now)] if row.now else []
            elif not row.is_blank and not (row.is_new and row.is_deleted):
                self._keep(row)
                self.rows.append(row)

    @sensitive_variables()
    def fill(self, imported: Sequence[Wanted], *, are_secret: bool) -> None:
        """Put the variables of a file into the rows; nothing is saved.

        Args:
            imported: what the file holds. What it does not hold stays as it is.
            are_secret: make secrets of those that are new here.
        """
        self.is_sent = True
        known = {row.key: row for row in self.rows}
        for one in imported:
            row = known.get(one.key) or Row(one.key, is_secret=are_secret)
            row.is_secret = row.is_secret or one.is_secret
            if one.value is not None and (one.value or not row.is_secret):
                row.value, row.draft = one.value, ""
            self._keep(row)
            if one.key not in known:
                self.rows.append(row)

    @sensitive_variables()
    def wanted(self) -> list[Wanted]:
        """What the service is asked to make of it."""
        return [row.as_wanted(self._typed(row)) for row in self.rows if not row.is_deleted]

    def accept(self, current: Deployment) -> None:
        """Bring the rows together with what somebody else saved meanwhile, to be looked at and sent again."""
        self.rows, self.gone = merge(self.rows, list_variables(current))
        self.version = current.variables_version
        self.is_stale = True

    def refuse(self, refusal: ValidationError) -> None:
        """Put each error of the service beside its row."""
        rows = {row.key: row for row in self.rows if not row.is_deleted}
        for key, errors in refusal.error_dict.items():
            messages = [text for error in errors for text in error.messages]
            if key in rows:
                rows[key].error = " ".join(messages)
                rows[key].error_is_about_key = str(errors[0].code).startswith("key_")
            else:
                self.errors += messages

    # Private

    @sensitive_variables()
    def _keep(self, row: Row) -> None:
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


class UnshownTextarea(forms.Textarea):
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
        widget=UnshownTextarea(
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
        """Read the variables, from the file if one was chosen."""
        given = super().clean() or {}
        if self.was_too_large:
            raise ValidationError(TOO_LARGE, code="too_large")
        if self.errors:
            return given
        text = given["text"]
        if file := given["file"]:
            text = _read(file)
        if not text.strip():
            raise ValidationError("Choose a file or paste its content.", code="required")
        variables = dotenv.parse(text)
        if len(variables) > MOST_VARIABLES:
            raise ValidationError(
                f"A Deployment has at most {MOST_VARIABLES} variables; these are {len(variables)}.",
                code="too_many",
            )
        return {**given, "variables": variables}


@sensitive_variables()
def _read(file: "UploadedFile[bytes]") -> str:
    content: bytes = file.read(MOST_FILE_BYTES + 1)
    if len(content) > MOST_FILE_BYTES:
        raise ValidationError(TOO_LARGE, code="too_large")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValidationError("This file is not text in UTF-8.", code="encoding") from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
