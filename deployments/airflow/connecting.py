"""Trying an Airflow before it is connected: it answers, it is the right one, each service account is let in.

What fails is a sentence for the operator, beside the field that it is about.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.views.decorators.debug import sensitive_variables

from cloudui.web.advice import Advice
from deployments.airflow.accounts import Account, Accounts, unseal
from deployments.airflow.calls import (
    MAJORS,
    AirflowError,
    Conversation,
    Entry,
    NotAirflow,
    NotFound,
    Refused,
    Unreachable,
)
from deployments.airflow.client import converse
from deployments.airflow.service import Connection
from deployments.airflow.waiting import silent
from deployments.models import Airflow, AirflowAuth, AirflowRole, Deployment

MOST_URL: Final = 200
NO_URL: Final = "Enter an http or https address without a user name or password."
NO_ACCOUNTS: Final = (
    "Enter a service account for at least one role. A role without one is refused at the gateway."
)


def clean_base_url(text: str) -> str:
    """The address without a slash at its end.

    Raises:
        ValidationError: it is none, has a user name, a query or a part of Airflow's interface.
    """
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        URLValidator(schemes=["http", "https"])(url)
    except (ValueError, ValidationError):
        raise ValidationError(NO_URL) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValidationError(NO_URL)
    if parts.query or parts.fragment or len(url) > MOST_URL:
        raise ValidationError(f"Enter the address alone, of at most {MOST_URL} characters, without a query.")
    if parts.path.endswith(("/api/v1", "/api/v2", "/api", "/home", "/login")):
        raise ValidationError("Enter the address without the part of a page or of the REST API at its end.")
    return url


@sensitive_variables()
def try_airflow(deployment: Deployment, base_url: str, auth: AirflowAuth, accounts: Accounts) -> Connection:
    """Ask it for its version and let each account in.

    Raises:
        ValidationError: by field: `base_url`, or the name of a role.
    """
    base_url = clean_base_url(base_url)
    # Whoever tries again has changed something.
    silent.remove(base_url)
    try:
        version = _version(base_url)
        _require_runtime(deployment, version)
    except AirflowError as error:
        raise ValidationError({"base_url": str(error)}) from None
    if auth == AirflowAuth.AUTH_MANAGER:
        return Connection(base_url=base_url, version=version, auth=auth)
    if not accounts:
        raise ValidationError(NO_ACCOUNTS)
    errors = {
        role.value: sentence
        for role, account in accounts.items()
        if (sentence := _why_refused(base_url, version, role, account))
    }
    if errors:
        raise ValidationError(errors)
    return Connection(base_url=base_url, version=version, auth=auth, accounts=accounts)


@sensitive_variables()
def with_kept_passwords(airflow: Airflow | None, typed: Mapping[AirflowRole, tuple[str, str]]) -> Accounts:
    """The accounts as typed; an empty password keeps the one that is stored for the same user name.

    Raises:
        ValidationError: by role, where a password is missing.
        CannotDecrypt, KeyFileError: when those that are stored cannot be read.
    """
    stored = (
        unseal(airflow) if airflow is not None and not all(password for _, password in typed.values()) else {}
    )
    accounts: Accounts = {}
    errors = {}
    for role, (username, password) in typed.items():
        kept = stored.get(role)
        if not password and kept is not None and kept.username == username:
            password = kept.password  # noqa: PLW2901 - it is the one that counts
        if username and password:
            accounts[role] = Account(username, password)
        elif username or password:
            missing = "password" if username else "user name"
            errors[role.value] = f"Enter the {missing} of the service account for the role {role.label}."
    if errors:
        raise ValidationError(errors)
    return accounts


# Private


def _version(base_url: str) -> str:
    """Either interface is asked for it; the other one is not there."""

    async def ask(airflow: Conversation) -> str:
        return str((await airflow.get("/version"))["version"])

    for major in reversed(MAJORS):
        try:
            version = converse(base_url, major, Entry(), ask)
        except (NotFound, Refused):
            continue
        if version.partition(".")[0] not in MAJORS:
            raise NotAirflow(f"It says that it is Airflow {version[:30]}, and only 2 and 3 are known here.")
        return version[:30]
    raise NotAirflow("What answers there is no Airflow: it has neither /api/v1 nor /api/v2.")


def _require_runtime(deployment: Deployment, version: str) -> None:
    expected = deployment.runtime.airflow_version
    if version.partition(".")[0] != expected.partition(".")[0]:
        raise NotAirflow(
            Advice(
                f"It is Airflow {version}, and the runtime of this Deployment is based on Airflow {expected}.",
                "Their REST APIs differ: connect it to a Deployment with a runtime of the same version.",
            )
        )


@sensitive_variables()
def _why_refused(base_url: str, version: str, role: AirflowRole, account: Account) -> str:
    async def ask(airflow: Conversation) -> object:
        return await airflow.get("/dags", {"limit": 1})

    try:
        converse(base_url, version, Entry(account), ask)
    except (Refused, Unreachable, NotAirflow, AirflowError) as error:
        return f"{role.label}: {error}"
    return ""
