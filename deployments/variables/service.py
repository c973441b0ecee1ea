"""The environment variables of a Deployment: how they may be seen, and one way to change them, as a whole.

Values are encrypted under the installation's field key and bound to Deployment, key and flag (cloudui.web.encryption).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from cloudui.web.advice import Advice
from cloudui.web.encryption import NONCE_BYTES, CannotDecrypt, decrypt, encrypt
from cloudui.web.keyring import KeyFileError
from cloudui.web.principal import Principal
from cloudui.web.versions import require_version
from deployments import events
from deployments.access import deployment_to_edit
from deployments.models import Deployment
from deployments.models.variable import KEY_LENGTH, EnvironmentVariable
from deployments.variables.reserved_names import refuse_reserved
from deployments.variables.values import clean_value

PURPOSE: Final = "variable"
KEY_PATTERN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEY_RULE: Final = "Use letters, digits and underscores only, and begin with a letter or an underscore."
MOST_VARIABLES: Final = 500
MOST_BYTES: Final = 32 * 1024
# Linux gives a process 2 MiB for variables and arguments together, and a form may have 1 MiB (settings).
MOST_BYTES_IN_ALL: Final = 256 * 1024
# The changes of more than these are counted in the audit log besides.
MOST_NAMED: Final = 20
# What encryption adds to a value: the key's version, the nonce and the tag.
SEAL_BYTES: Final = 1 + NONCE_BYTES + 16

TWICE: Final = Advice("This key stands here more than once.", "Keep one of them.")


@dataclass(frozen=True, slots=True)
class VariableView:
    """A variable as people may see it; its value is empty for a secret, and where it is not `is_readable`.

    It is not when somebody changed the database by hand: copied it from another Deployment, or turned its flag.
    """

    key: str
    value: str = field(repr=False)
    is_secret: bool
    updated_at: datetime
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class VariableInput:
    """A variable as it is to be saved; `value` None, or an empty one for a secret, keeps what is stored."""

    key: str
    value: str | None = field(repr=False)
    is_secret: bool = False


@sensitive_variables()
def list_variables(deployment: Deployment) -> list[VariableView]:
    """The variables of a Deployment by key; that the caller may see them is decided already."""
    return [view_of(row) for row in EnvironmentVariable.objects.of(deployment)]


def check_key(key: str) -> None:
    """Raise ValidationError, code `key_...`, with what to do, unless a variable may have this name."""
    if not key:
        raise ValidationError("Enter a key.", code="key_required")
    if len(key) > KEY_LENGTH:
        raise ValidationError(f"Use at most {KEY_LENGTH} characters; this has {len(key)}.", code="key_length")
    if not KEY_PATTERN.fullmatch(key):
        raise ValidationError(KEY_RULE, code="key_invalid")
    refuse_reserved(key)


@sensitive_variables()
def check_value(value: str) -> None:
    """Raise ValidationError, never naming the value, unless it is up to 32 KiB of UTF-8 without NUL."""
    if "\0" in value:
        raise ValidationError("Remove the null character: no program can receive it.", code="null")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValidationError("Remove what is no character of Unicode.", code="unicode") from None
    if size > MOST_BYTES:
        raise ValidationError(f"Use at most {MOST_BYTES:,} bytes; this has {size:,}.", code="max_length")


@sensitive_variables()
def save_variables(
    principal: Principal,
    deployment: Deployment,
    variables: Sequence[VariableInput],
    *,
    version: int | None = None,
) -> Deployment:
    """Make `variables` all that a Deployment has: what is stored and missing here is deleted. The same writes nothing.

    Raises:
        Http404, PermissionDenied: when the Deployment or the right to it went meanwhile.
        StaleEdit: when `version`, unless None, is no longer `variables_version`; its `current` is the Deployment.
        ValidationError: with what is wrong by key (`__all__` for the set as a whole); then nothing is saved.
    """
    with transaction.atomic():
        locked = deployment_to_edit(principal, deployment.workspace_id, deployment.pk, locked=True)
        require_version(
            locked,
            read=version,
            version=locked.variables_version,
            what="The environment variables were changed",
        )
        stored = {row.key: row for row in EnvironmentVariable.objects.filter(deployment=locked)}
        changes = _changes(locked, variables, stored)
        if changes:
            _write(changes)
            locked.variable_count = len(variables)
            locked.variables_version += 1
            locked.save_change(principal, "variable_count", "variables_version")
            events.record(principal, "updateDeploymentVariables", locked, _to_event(changes))
    return locked


@sensitive_variables()
def read_value(row: EnvironmentVariable) -> str:
    """The value, also of a secret: for Airflow and for encrypting anew, never for an answer.

    Raises CannotDecrypt if it was changed or copied from elsewhere, KeyFileError if its key's version is gone.
    """
    return decrypt(bytes(row.value), *_place(row.deployment_id, row.key, is_secret=row.is_secret)).decode()


@sensitive_variables("value")
def seal_value(row: EnvironmentVariable, value: str) -> None:
    """Put a value into the row, encrypted with the newest key and bound to what the row now says it is."""
    row.value = encrypt(value.encode(), *_place(row.deployment_id, row.key, is_secret=row.is_secret))


def _place(deployment_id: str, key: str, *, is_secret: bool) -> tuple[str, ...]:
    return PURPOSE, deployment_id, key, "secret" if is_secret else "plain"


@sensitive_variables()
def view_of(row: EnvironmentVariable) -> VariableView:
    """The variable as people may see it; that the caller may is decided already."""
    try:
        value = read_value(row)
    except (CannotDecrypt, KeyFileError):
        return VariableView(row.key, "", row.is_secret, row.updated_at, is_readable=False)
    return VariableView(row.key, "" if row.is_secret else value, row.is_secret, row.updated_at)


@dataclass(frozen=True, slots=True)
class _Change:
    row: EnvironmentVariable
    how: str

    def to_event(self) -> dict[str, object]:
        return {"key": self.row.key, "isSecret": self.row.is_secret, "change": self.how}


def _to_event(changes: Sequence[_Change]) -> dict[str, object]:
    counts = {"counts": Counter(change.how for change in changes)} if len(changes) > MOST_NAMED else {}
    return {"variables": [change.to_event() for change in changes], **counts}


@sensitive_variables()
def _changes(
    deployment: Deployment, variables: Sequence[VariableInput], stored: dict[str, EnvironmentVariable]
) -> list[_Change]:
    """What differs, with all errors at once, but of far too many nothing else: each would be encrypted for it."""
    if excess := _excess(len(variables), 0):
        raise ValidationError({NON_FIELD_ERRORS: [excess]})
    times = Counter(one.key for one in variables)
    errors = {key: [ValidationError(TWICE, code="key_twice")] for key, number in times.items() if number > 1}
    size = 0
    changes = [_Change(row, "deleted") for key, row in stored.items() if key not in times]
    for one in variables:
        if one.key in errors:
            continue
        try:
            row, how = _updated(deployment, one, stored.get(one.key))
        except ValidationError as error:
            errors[one.key] = [error]
            continue
        size += len(row.value) - SEAL_BYTES
        if how:
            changes.append(_Change(row, how))
    if excess := _excess(len(variables), size):
        errors.setdefault(NON_FIELD_ERRORS, []).append(excess)
    if errors:
        raise ValidationError(errors)
    return sorted(changes, key=lambda change: change.row.key)


@sensitive_variables()
def _updated(
    deployment: Deployment, variable: VariableInput, stored: EnvironmentVariable | None
) -> tuple[EnvironmentVariable, str]:
    """The row as it is to be, and how it differs from what is stored; empty if it does not."""
    check_key(variable.key)
    value = clean_value(variable.value or "")
    check_value(value)
    if stored is None:
        if variable.value is None or (variable.is_secret and not value):
            raise ValidationError("Enter a value.", code="required")
        row = EnvironmentVariable(deployment=deployment, key=variable.key, is_secret=variable.is_secret)
        seal_value(row, value)
        return row, "added"
    before = view_of(stored)
    if stored.is_secret and not variable.is_secret and not value:
        raise ValidationError("Enter a new value: what was secret is never shown.", code="required")
    # A value that cannot be read has a blank box, which does not mean that it is to be emptied.
    keeps = variable.value is None or (not value and (variable.is_secret or not before.is_readable))
    if keeps and stored.is_secret == variable.is_secret:
        return stored, ""
    if keeps and not before.is_readable:
        raise ValidationError("Enter the value again: what is stored cannot be read.", code="required")
    if not stored.is_secret and not variable.is_secret and before.is_readable and before.value == value:
        return stored, ""
    stored.is_secret = variable.is_secret
    # A secret is never compared with what is stored: the answer would tell whether a guess is right.
    seal_value(stored, before.value if keeps else value)
    return stored, "changed"


def _excess(number: int, size: int) -> ValidationError | None:
    if number > MOST_VARIABLES:
        return ValidationError(
            f"A Deployment has at most {MOST_VARIABLES} variables; these are {number}.", code="too_many"
        )
    if size > MOST_BYTES_IN_ALL:
        return ValidationError(
            Advice(
                f"All values together have at most {MOST_BYTES_IN_ALL:,} bytes; these have {size:,}.",
                "Put the large ones into files of the image or into a secrets backend.",
            ),
            code="too_large",
        )
    return None


def _write(changes: list[_Change]) -> None:
    now = timezone.now()
    rows: dict[str, list[EnvironmentVariable]] = {"added": [], "changed": [], "deleted": []}
    for change in changes:
        change.row.updated_at = now
        rows[change.how].append(change.row)
    EnvironmentVariable.objects.filter(pk__in=[row.pk for row in rows["deleted"]]).delete()
    EnvironmentVariable.objects.bulk_update(
        rows["changed"], ["value", "is_secret", "updated_at"], batch_size=100
    )
    EnvironmentVariable.objects.bulk_create(rows["added"], batch_size=100)
