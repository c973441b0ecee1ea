"""The OpenAPI document and the page made of it: everything that there is, for everybody, from nowhere else."""

import subprocess

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from cloudui.api import api
from cloudui.web.rest.openapi import document
from tests.deployments.helpers import signed_in
from tests.factories import create_owner

pytestmark = pytest.mark.django_db

OPERATIONS = [(method, path) for path, methods in document(api)["paths"].items() for method in methods]


def test_the_document_has_every_operation():
    made = Client().get("/v1/openapi.json").json()

    assert made == document(api)
    assert made["openapi"].startswith("3.1")
    assert made["security"] == [{"bearer": []}]
    views = [view for router in api.routers for view in router.path_operations.values()]
    assert len(OPERATIONS) == sum(len(operation.methods) for view in views for operation in view.operations)


# Sent twice, they do what they do once.
AGAIN_AND_AGAIN = ("/hibernate", "/wake-up", "/restart")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_says_what_it_may_answer(method, path):
    operation = document(api)["paths"][path][method]

    statuses = set(operation["responses"])
    assert statuses >= {"400", "401", "403", "404", "405", "422", "500", "503"}
    assert ({"409", "429"} <= statuses) == (method != "get")
    assert ("requestBody" in operation) == (statuses >= {"411", "413", "415"})
    assert operation["summary"]
    assert operation["description"]
    keys = [each["name"] for each in operation["parameters"] if each["in"] == "header"]
    is_once = method == "post" and not path.endswith(AGAIN_AND_AGAIN)
    assert keys == (["Idempotency-Key"] if is_once else [])


def test_a_deploy_may_find_no_space():
    found = [
        path for method, path in OPERATIONS if "507" in document(api)["paths"][path][method]["responses"]
    ]

    assert found == ["/v1/deployments/{deployment}/deploys"]


def test_the_page_shows_every_operation_to_everybody():
    shown = page()

    found = [
        (head.select_one(".badge").get_text().lower(), head.select_one("code").get_text())
        for head in shown.select("article[id] > header")
    ]
    assert sorted(found) == sorted(OPERATIONS)
    assert "Cloud UI" in page(signed_in(create_owner())).title.get_text()


def test_the_page_asks_nobody_else():
    shown = page()

    for tag, attribute in (("script", "src"), ("link", "href"), ("img", "src")):
        assert all(found[attribute].startswith("/static/") for found in shown.find_all(tag))
    assert not shown.find_all("script", src=False)


def test_every_line_for_the_shell_is_one():
    shown = page()
    buttons = shown.select("main button[data-copy]")
    lines = [shown.select_one(str(button["data-copy"])).get_text() for button in buttons]

    assert len(lines) == len(OPERATIONS) + 1
    for line in lines:
        subprocess.run(["bash", "-n"], input=line, text=True, check=True)


def test_every_operation_is_in_the_list_beside():
    shown = page()

    targets = [link["href"] for link in shown.select("nav[aria-label=Operations] li a")]
    assert targets == [f"#{article['id']}" for article in shown.select("article")]
    assert all(shown.select_one(str(link["href"])) for link in shown.select("main a[href^='#']"))
    verbs = {(verb.get_text(), verb["class"][1]) for verb in shown.select("nav .reference__verb")}
    assert len({verb for verb, _ in verbs}) == len(verbs)


def test_what_may_go_wrong_is_said_once():
    shown = page()

    errors = [term["id"].removeprefix("error-") for term in shown.select("dt[id]")]
    said = {
        status for method, path in OPERATIONS for status in document(api)["paths"][path][method]["responses"]
    }
    assert errors == sorted(status for status in said if status >= "400")
    assert shown.get_text().count("There is no access token, or it is not valid.") == 1
    [full] = [article for article in shown.select("article") if "507" in article.get_text()]
    assert "/v1/deployments/{deployment}/deploys" in full.get_text()


def page(client: Client | None = None) -> BeautifulSoup:
    response = (client or Client()).get("/v1/docs")
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")
