"""How the tests of the Details tab ask: its addresses, and what its form sends."""

from deployments.models import Deployment
from tests.deployments.helpers import one, url


def details_url(deployment: Deployment) -> str:
    return url("deployments:details", deployment)


def edit_url(deployment: Deployment) -> str:
    return url("deployments:edit", deployment)


def sent(client, deployment, **changes):
    """What a browser sends: every field as the form shows it, but for the changes. None leaves a box empty."""
    form = one(client.get(edit_url(deployment)), "#main form[data-warn]")
    data: dict[str, str] = {
        field["name"]: field.get("value", "on")
        for field in form.select("input[name]")
        if field.get("type") != "checkbox" or field.has_attr("checked")
    }
    data |= {field["name"]: field.get_text().strip() for field in form.select("textarea")}
    data |= {field["name"]: field.select_one("option[selected]")["value"] for field in form.select("select")}
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def stored(deployment: Deployment) -> Deployment:
    return Deployment.objects.get(pk=deployment.pk)
