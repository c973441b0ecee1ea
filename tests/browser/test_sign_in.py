"""Signing in and out as a person does it: to the page first asked for, and leaving nothing behind."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from workspaces.models import User

NEW = "a brand new passphrase"


def heading(page, name):
    return page.get_by_role("heading", name=name)


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_after_signing_in_comes_the_page_first_asked_for(open_page, sign_in, deployment, member, javascript):
    path = f"/{deployment.workspace_id}/deployments/{deployment.pk}/api-keys?sort=name"
    page = open_page(path, javascript=javascript)

    sign_in(page, member)

    expect(page).to_have_url(re.compile(re.escape(path) + "$"))


def test_a_wrong_password_is_told_and_the_address_stays(open_page, member):
    page = open_page("/", size=PHONE)
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Continue").click()

    expect(
        page.get_by_text("The email address and/or password you specified are not correct.")
    ).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(member.email)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


@pytest.mark.threat("T-W12")
def test_after_signing_out_going_back_shows_nothing(open_page, member):
    page = open_page("/", by=member)
    page.evaluate("localStorage.setItem('left', 'behind')")
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page, "Welcome")).to_be_visible()

    page.go_back()

    expect(heading(page, "Welcome")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    assert not any("session" in cookie["name"] for cookie in page.context.cookies())


@pytest.mark.threat("T-W10")
def test_a_session_that_ended_leads_from_a_dialog_to_sign_in_and_back(open_page, sign_in, workspace, admin):
    path = f"/{workspace.pk}/deployments"
    page = open_page(path, by=admin)
    page.context.clear_cookies()
    page.get_by_role("link", name="Deployment", exact=True).first.click()

    expect(heading(page, "Welcome")).to_be_visible()
    expect(page.get_by_role("dialog")).not_to_be_attached()
    sign_in(page, admin)

    expect(page).to_have_url(re.compile(re.escape(path)))


def test_a_forgotten_password_is_replaced_through_the_mail(open_page, member):
    page = open_page("/")
    page.get_by_role("link", name="Forgot password?").click()
    page.get_by_label("Email").fill(member.email)
    page.get_by_role("button").click()
    expect(page).to_have_url(re.compile("/done/$"))
    (link,) = re.findall(r"https?://\S+/reset/key/\S+", str(mail.outbox[0].body))

    page.goto(urlsplit(link).path)
    page.get_by_label("New Password", exact=True).fill(NEW)
    page.get_by_label("New Password (again)", exact=True).fill(NEW)
    page.get_by_role("button", name="Save the new password").click()

    expect(heading(page, "Your Workspaces")).to_be_visible()
    assert User.objects.get(pk=member.pk).check_password(NEW)


def test_an_operator_comes_to_the_admin_site_through_the_same_door(open_page, sign_in, member):
    User.objects.filter(pk=member.pk).update(is_staff=True, is_superuser=True)
    page = open_page("/admin/workspaces/user/")

    sign_in(page, member)

    expect(heading(page, "Select user to change")).to_be_visible()
