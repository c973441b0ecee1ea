"""How these tests ask and read: addresses, clients, and answers as documents."""

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from deployments.models import Deployment
from tests.factories import create_deployment
from workspaces.models import User, Workspace

HX = {"HX-Request": "true"}
NEVER_EXISTED = "c" + "0" * 24


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def list_url(workspace: Workspace, query: str = "") -> str:
    return reverse("deployments:index", kwargs={"workspace": workspace.pk}) + query


def create_url(workspace: Workspace) -> str:
    return reverse("deployments:create", kwargs={"workspace": workspace.pk})


def url(name: str, deployment: Deployment, query: str = "") -> str:
    kwargs = {"workspace": deployment.workspace_id, "deployment": deployment.pk}
    return reverse(name, kwargs=kwargs) + query


def page(response: HttpResponse) -> BeautifulSoup:
    return BeautifulSoup(response.content.decode(), "html.parser")


def text(response: HttpResponse) -> str:
    return " ".join(page(response).get_text(" ").split())


def names(response: HttpResponse) -> list[str]:
    """The names of the Deployments listed, in order."""
    return [
        link.get_text(strip=True) for link in page(response).select("#deployment-list :is(h3, tbody th) a")
    ]


def one(response: HttpResponse, selector: str) -> Tag:
    """The first element that matches, which must be there."""
    found = page(response).select_one(selector)
    assert found is not None, selector
    return found


def field_error(response: HttpResponse, field: str) -> str:
    found = page(response).find(id=f"id_{field}_error")
    return found.get_text(strip=True) if found else ""


def many(workspace: Workspace, number: int, *, start: int = 1) -> None:
    """Make Deployments named d01, d02 and so on."""
    for index in range(start, start + number):
        create_deployment(workspace=workspace, name=f"d{index:02}")
