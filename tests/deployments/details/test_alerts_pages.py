"""Edit Emails: adding and deleting addresses, on pages and in the dialog that stays open."""

import json

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from deployments.details.alert_emails import AlertEmail
from deployments.models import Deployment
from tests.deployments.helpers import HX, field_error, one, page, text, url


@pytest.fixture
def listed(deployment):
    Deployment.objects.update(alert_emails=["Team@example.com", "b@example.com"])


def emails_url(deployment):
    return url("deployments:alert_emails", deployment)


def delete_url(deployment, email="Team@example.com"):
    return f"{emails_url(deployment)}/{AlertEmail(email).handle}/delete"


def stored(deployment):
    return Deployment.objects.get(pk=deployment.pk).alert_emails


def test_an_empty_list_says_so(as_member, as_editor, deployment):
    for response in (
        as_member.get(url("deployments:details", deployment)),
        as_editor.get(emails_url(deployment)),
    ):
        assertContains(response, "There are no alert emails.")


@pytest.mark.parametrize("client", ["as_editor", "as_admin", "as_owner"])
def test_an_address_is_added(request, client, deployment):
    response = request.getfixturevalue(client).post(
        emails_url(deployment), {"email": " a@example.com "}, follow=True
    )

    assertRedirects(response, emails_url(deployment))
    assertContains(response, "a@example.com was added.")
    assert stored(deployment) == ["a@example.com"]


def test_the_dialog_stays_for_the_next_one_and_the_page_is_told(as_editor, deployment):
    response = as_editor.post(emails_url(deployment), {"email": "a@example.com"}, headers=HX)

    assert page(response).find("html") is None
    assert one(response, "[role=status]").get_text() == "a@example.com was added."
    assert not one(response, "input[name=email]").has_attr("value")
    assert list(json.loads(response.headers["HX-Trigger"])) == ["alerts:changed"]


@pytest.mark.usefixtures("listed")
def test_the_page_below_asks_for_its_list_alone(as_member, deployment):
    response = as_member.get(url("deployments:details", deployment), headers=HX)

    assert [element.get("id") for element in page(response).find_all(recursive=False)] == ["alert-emails"]
    assert text(response) == "Team@example.com b@example.com"


@pytest.mark.parametrize(
    ("email", "error"),
    [
        ("", "Enter an e-mail address."),
        ("nonsense", "Enter a valid e-mail address, such as team@example.com."),
        ("TEAM@example.com", "This address is in the list already."),
        ("x" * 255, "Use at most 254 characters."),
    ],
)
@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("headers", [{}, HX])
def test_an_error_stands_beside_the_field_and_what_was_typed_stays(
    as_editor, deployment, email, error, headers
):
    response = as_editor.post(emails_url(deployment), {"email": email}, headers=headers)

    assert response.status_code == 422
    assert field_error(response, "email") == error
    assert one(response, "input[name=email]").get("value", "") == email
    assert stored(deployment) == ["Team@example.com", "b@example.com"]


@pytest.mark.usefixtures("listed")
def test_deleting_is_confirmed_without_a_typed_word(as_editor, deployment):
    asked = as_editor.get(delete_url(deployment))
    assert "Team@example.com" in text(asked)
    assertContains(asked, "Yes, Continue")
    assert stored(deployment) == ["Team@example.com", "b@example.com"]

    response = as_editor.post(delete_url(deployment), follow=True)

    assertRedirects(response, emails_url(deployment))
    assertContains(response, "Team@example.com was deleted.")
    assert stored(deployment) == ["b@example.com"]


@pytest.mark.usefixtures("listed")
def test_in_the_dialog_the_list_comes_back(as_editor, deployment):
    response = as_editor.post(delete_url(deployment), headers=HX)

    assert one(response, "[role=status]").get_text() == "Team@example.com was deleted."
    assert one(response, "#dialog-title").get_text() == "Edit Alert Emails"
    assert "alerts:changed" in json.loads(response.headers["HX-Trigger"])


@pytest.mark.usefixtures("listed")
def test_one_that_is_gone_is_not_found(as_editor, deployment):
    as_editor.post(delete_url(deployment))

    assert as_editor.get(delete_url(deployment)).status_code == 404
    assert as_editor.post(delete_url(deployment)).status_code == 404


@pytest.mark.usefixtures("listed")
def test_no_address_stands_in_an_address_line(as_editor, deployment):
    links = [link["href"] for link in page(as_editor.get(emails_url(deployment))).select("a[href]")]

    assert delete_url(deployment) in links
    assert not [link for link in links if "%40" in link or "@" in link]


@pytest.mark.parametrize(("sends_mail", "is_file"), [(True, False), (False, True)])
def test_the_page_says_when_mails_are_sent_and_where_they_are_without_a_server(
    as_editor, deployment, settings, sends_mail, is_file
):
    settings.OUTBOX_IN_BACKGROUND = sends_mail

    words = text(as_editor.get(emails_url(deployment)))

    assert "Each gets a mail when a DAG run or a deploy fails" in words
    assert ("mails become files on the server" in words) == is_file
