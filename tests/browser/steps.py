"""What a person does on the API Keys tab, by visible labels, and what the tests look at afterwards."""

import re

from django.urls import reverse
from playwright.sync_api import expect

from apikeys import credentials
from apikeys.credentials import SECRET_PATTERN, KeySecret
from apikeys.models import ApiKey

SECRET = re.compile(SECRET_PATTERN)

SAVED = "I've saved the Key Secret"
REVEAL = "Save your API Key"


def keys_url(deployment):
    return reverse("apikeys:index", args=[deployment.workspace_id, deployment.pk])


def key_url(verb, key):
    return reverse(f"apikeys:{verb}", args=[key.deployment.workspace_id, key.deployment_id, key.pk])


def create_key(page, name, description=""):
    """From the API Keys tab to the reveal."""
    page.get_by_role("link", name="API Key", exact=True).click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Description").fill(description)
    page.get_by_role("button", name="Create API Key").click()
    expect(page.get_by_role("heading", name=REVEAL)).to_be_visible()


def save_secret(page):
    """From the reveal back to the list."""
    page.get_by_role("button", name=SAVED).click()
    expect(page.get_by_role("dialog")).not_to_be_attached()


def shown_secret(page):
    """The secret as it stands in the page, dotted or not."""
    [secret] = set(SECRET.findall(page.locator("body").text_content()))
    return secret


def row(page, name):
    return page.get_by_role("row").filter(has_text=name)


def opens(secret, key):
    """Whether the secret is one that the key accepts now."""
    return any(
        credentials.verify(KeySecret(secret), live.encoded, live.pepper_version)
        for live in ApiKey.objects.get(pk=key.pk).secrets.live()
    )


def everything_kept(page):
    """All that this browser has of the page: what it shows, where it is, and everything that it stores."""
    stored = page.evaluate(
        """async () => JSON.stringify([
            {...localStorage}, {...sessionStorage}, await indexedDB.databases(), await caches.keys(),
            history.state, document.title, [...document.querySelectorAll("input, textarea")].map((f) => f.value),
        ])"""
    )
    return "\n".join([page.content(), page.url, stored, repr(page.context.cookies())])


def sign_in_to(page, installation, email):
    """Sign in to a running installation as one of its demo people."""
    page.goto(installation.url)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(installation.password)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your Workspaces")).to_be_visible()
