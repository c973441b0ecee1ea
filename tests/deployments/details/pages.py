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
    fields = [
        (str(field["name"]), str(field.get("value", "on")))
        for field in form.select("input[name]")
        if field.get("type") != "checkbox" or field.has_attr("checked")
    ]
    texts = [(str(field["name"]), field.get_text().strip()) for field in form.select("textarea")]
    choices = [
        (str(option.find_parent("select")["name"]), str(option["value"]))
        for option in form.select("option[selected]")
    ]
    data = dict([*fields, *texts, *choices])
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def stored(deployment: Deployment) -> Deployment:
    return Deployment.objects.get(pk=deployment.pk)
