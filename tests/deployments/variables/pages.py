"""The edit form of environment variables as a browser sees and sends it."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client

from deployments.models import Deployment
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import VariableInput, read_value
from tests.deployments.helpers import page, url

SECRET: Final = "s3cret-Value/42"


def edit_url(deployment: Deployment) -> str:
    return url("deployments:edit_variables", deployment)


def open_form(client: Client, deployment: Deployment) -> dict[str, list[str]]:
    """What the form would send if nothing was typed."""
    return fields(client.get(edit_url(deployment)))


def fields(response: Any) -> dict[str, list[str]]:
    """What the form in an answer would send, without the button."""
    return fields_in(page(response))


def fields_in(document: BeautifulSoup) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    [form] = [form for form in document.select("form") if form.select_one("[name=version]")]
    for control in form.select("input[name], textarea[name]"):
        if control.get("type") in {"checkbox", "radio"} and not control.has_attr("checked"):
            continue
        # A browser drops the first line break of a textarea.
        value = (
            control.get_text().removeprefix("\n") if control.name == "textarea" else control.get("value", "")
        )
        found.setdefault(str(control["name"]), []).append(str(value))
    return found


def number_of(sent: dict[str, list[str]], key: str) -> int:
    return sent["key"].index(key)


def type_value(sent: dict[str, list[str]], key: str, value: str, *, secret: bool | None = None) -> None:
    """Type into the box of a variable; for one that is not there, into the last row."""
    if key not in sent["key"]:
        sent["key"][-1] = key
        sent["value"][-1] = value
        number = len(sent["key"]) - 1
        # The browser would show another empty row only after Add.
    else:
        number = number_of(sent, key)
        sent["value"][number] = value
    if secret is not None:
        ticked = set(sent.get("secret", []))
        sent["secret"] = sorted(ticked | {str(number)} if secret else ticked - {str(number)})


def delete(sent: dict[str, list[str]], key: str) -> None:
    sent.setdefault("delete", []).append(str(number_of(sent, key)))


def send(client: Client, deployment: Deployment, sent: dict[str, list[str]], **extra: str) -> Any:
    return client.post(edit_url(deployment), {**sent, **extra})


def shown_rows(response: Any) -> dict[str, str]:
    """The text of each row of an answer's form by its key, without the empty last one."""
    rows = page(response).select("form tbody > tr")[:-1]
    return {str(row.select_one("[name=key]")["value"]): " ".join(row.get_text(" ").split()) for row in rows}


def list_url(deployment: Deployment, query: str = "") -> str:
    """The Variables tab."""
    return url("deployments:variables", deployment, query)


def stored(deployment: Deployment) -> dict[str, tuple[str, bool]]:
    """Values and flags as they are in the database."""
    return {
        row.key: (read_value(row), row.is_secret)
        for row in EnvironmentVariable.objects.filter(deployment=deployment)
    }


def errors_of(save: Callable[..., object], *wanted: VariableInput) -> dict[str, list[str]]:
    """What is wrong with a set, by key; no message repeats a secret."""
    with pytest.raises(ValidationError) as refused:
        save(*wanted)
    assert not any("s3cret" in text for texts in refused.value.message_dict.values() for text in texts)
    return refused.value.message_dict
