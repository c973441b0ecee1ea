"""Filling in a page of the admin site as a browser does: everything that it shows, and the changes."""

from typing import Any

from tests.deployments.helpers import page


def fill(response, **changes):
    """The fields of the page's form as they stand, with `changes`; None leaves a field out."""
    form = next(form for form in page(response).select("#content form") if form.get("id"))
    fields: dict[str, Any] = {}
    for control in form.select("input[name], textarea[name], select[name]"):
        name = control["name"]
        if control.name == "select":
            chosen = [option["value"] for option in control.select("option[selected]")]
            if control.has_attr("multiple"):
                fields[name] = chosen
            else:
                offered = [option["value"] for option in control.select("option")]
                fields[name] = [*chosen, *offered, ""][0]
        elif control.name == "textarea":
            fields[name] = control.get_text().removeprefix("\n")
        elif control.get("type") in {"checkbox", "radio"}:
            if control.has_attr("checked"):
                fields[name] = control.get("value", "on")
        elif control.get("type") != "submit":
            fields[name] = control.get("value", "")
    fields = {name: value for name, value in fields.items() if "__prefix__" not in name}
    for name, value in changes.items():
        fields[name] = value
        if value is None:
            del fields[name]
    return fields


def send(client, url, **changes):
    """Open a form, change it and send it."""
    return client.post(url, fill(client.get(url), **changes))


def errors(response):
    """Everything that the page complains about."""
    return " ".join(found.get_text(" ", strip=True) for found in page(response).select(".errorlist"))
