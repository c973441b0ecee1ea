"""No secret is in the log of a real server, at DEBUG with DEBUG=1, whatever fails.

A key, a variable, a sign-in, a reset and a deploy live their lives; then the database breaks under them, and all of it
is tried again.
"""

import json
import re
import sqlite3
from contextlib import closing

import pytest
import requests
from bs4 import BeautifulSoup

from tests.browser.installation import running
from tests.deployments.deploys.archives import files
from tests.house.flow import forms_of

SECONDS = 20
OWNER = "owner@example.com"
NEW, WRONG, VALUE = "a brand new passphrase", "not-my-passphrase-at-all", "hunter2-of-the-warehouse"
METRICS_TOKEN = "a-token-for-prometheus-0123456789"
# Without this table everything that changes something fails, in the middle of it.
BREAK = "ALTER TABLE workspaces_auditevent RENAME TO gone"


class Person:
    """A browser, and what must not be in the log of what it does."""

    def __init__(self, installation):
        self.url = installation.url
        self.session = requests.Session()
        self.secrets = {NEW, WRONG, VALUE, METRICS_TOKEN, installation.password}
        self.statuses: list[int] = []

    def get(self, path):
        return self._kept(self.session.get(f"{self.url}{path}", timeout=SECONDS))

    def send(self, path, **fields):
        """A form as its page has it, with these fields."""
        page = self.soup(self.get(path))
        hidden = {each["name"]: each["value"] for each in page.select("form[method=post] input[type=hidden]")}
        token = {"csrfmiddlewaretoken": hidden["csrfmiddlewaretoken"]} if hidden else {}
        return self.post(path, {**hidden, **token, **fields})

    def post(self, path, data, **more):
        answer = self.session.post(f"{self.url}{path}", data, timeout=SECONDS, allow_redirects=False, **more)
        return self._kept(answer)

    def soup(self, answer):
        return BeautifulSoup(answer.text, "html.parser")

    def _kept(self, answer):
        self.statuses.append(answer.status_code)
        self.secrets |= {each.value for each in self.session.cookies if each.value}
        self.secrets |= {each["value"] for each in self.soup(answer).select("[name=csrfmiddlewaretoken]")}
        self.secrets |= set(re.findall(r"cui1_[0-9A-Za-z]{55}|eyJ[\w-]+\.[\w-]+\.[\w-]+", answer.text))
        return answer


def sign_in(person, password):
    person.session.cookies.clear()
    return person.send("/account/login/", login=OWNER, password=password)


def ask_for_link(person, directory):
    """Have a link for a new password sent; returns its path."""
    person.session.cookies.clear()
    person.send("/account/password/reset/", email=OWNER)
    mails = sorted((directory / "mail").glob("*"), key=lambda each: each.stat().st_mtime)
    link = re.findall(r"https?://[^/]+(/\S+/reset/key/\S+)", mails[-1].read_text())[-1]
    person.secrets.add(link.split("/")[-2].partition("-")[2])
    return link


def follow(person, link):
    """Open the link and set a new password."""
    person.session.cookies.clear()
    form = person.get(link)
    person.send(form.url.removeprefix(person.url), password1=NEW, password2=NEW)


def live(person, keys, deployment, token, key):
    """Everything that is done with a key, a variable and an archive."""
    bearer = {"Authorization": f"Bearer {token}"}
    person.send(f"{keys}/new", name="Another", description="")
    person.post("/token", {"csrfmiddlewaretoken": person.session.cookies["csrftoken"]})
    changes = json.dumps({"set": [{"key": "WAREHOUSE", "value": VALUE, "is_secret": True}]})
    path = f"{person.url}/v1/deployments/{deployment}"
    for answer in (
        requests.patch(f"{path}/environment-variables", data=changes, headers=bearer, timeout=SECONDS),
        requests.put(f"{path}/environment-variables", data=VALUE, headers=bearer, timeout=SECONDS),
        requests.post(
            f"{path}/deploys",
            files(),
            headers={**bearer, "Content-Type": "application/x-tar"},
            timeout=SECONDS,
        ),
        requests.get(f"{person.url}/v1/whoami", headers=bearer, timeout=SECONDS),
        requests.get(f"{person.url}/v1/whoami?access_token={token}", timeout=SECONDS),
        exchange(person, *key),
        exchange(person, key[0], "cui1_0" + "Ab1" * 18),
        requests.get(f"{person.url}/nothing/{VALUE}?secret={key[1]}", timeout=SECONDS),
        requests.get(
            f"{person.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=SECONDS
        ),
    ):
        person.statuses.append(answer.status_code)


def exchange(person, key_id, secret):
    return requests.post(
        f"{person.url}/oauth/token",
        {"grant_type": "client_credentials"},
        auth=(key_id, secret),
        timeout=SECONDS,
    )


def stored(path):
    """What the database keeps in place of secrets."""
    with closing(sqlite3.connect(path)) as database:
        for column in (
            "password FROM workspaces_user",
            "encoded FROM apikeys_apikeysecret",
            "session_key FROM django_session",
            "session_data FROM django_session",
            "hex(value) FROM deployments_environmentvariable",
            "security_stamp FROM workspaces_user",
        ):
            yield from (value for (value,) in database.execute(f"SELECT {column}") if len(value) > 8)
        values = database.execute("SELECT value FROM deployments_environmentvariable")
        yield from (repr(value)[2:-1] for (value,) in values)


@pytest.mark.threat("T-S4")
@pytest.mark.threat("T-S5")
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_the_log_whatever_fails(tmp_path, form):
    more = {"DEBUG": "1", "LOG_FORMAT": form, "METRICS_TOKEN": METRICS_TOKEN, "TRUSTED_PROXIES": ""}
    with running(tmp_path / "one", **more) as installation:
        person, visitor = Person(installation), Person(installation)
        database = installation.directory / "cloudui.sqlite3"
        sign_in(person, WRONG)
        sign_in(person, installation.password)
        with closing(sqlite3.connect(database)) as connection:
            of_first = connection.execute("SELECT workspace_id, id FROM deployments_deployment").fetchone()
        workspace, deployment = of_first
        keys = f"/{workspace}/deployments/{deployment}/api-keys"
        shown = person.soup(person.send(f"{keys}/new", name="First", description=""))
        secret = shown.find(id="reveal-key-secret").get_text()
        key_id = re.search(r"/api-keys/(\w{32})/", str(shown))[1]
        token = exchange(person, key_id, secret).json()["access_token"]
        person.secrets |= {secret, token}
        live(person, keys, deployment, token, (key_id, secret))
        follow(visitor, ask_for_link(visitor, installation.directory))
        assert sign_in(person, NEW).status_code == 302
        link = ask_for_link(visitor, installation.directory)
        assert max(person.statuses + visitor.statuses) < 500
        person.secrets |= set(stored(database))

        with closing(sqlite3.connect(database)) as connection:
            connection.execute(BREAK)
        live(person, keys, deployment, token, (key_id, secret))
        sign_in(person, NEW)
        follow(visitor, link)
        assert visitor.statuses[-1] == 500
        assert person.statuses.count(500) > 3

    log = installation.log.read_text()
    assert log.count("Traceback") > 3
    assert re.search(r"route.{1,4}/v1/deployments/<cid:deployment>/deploys", log)
    lowered = log.lower().encode()
    secrets = person.secrets | visitor.secrets
    assert len(secrets) > 20
    assert [text for text in secrets if any(each in lowered for each in forms_of(text))] == []
