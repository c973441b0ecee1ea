"""What several people do at the same moment, with real transactions: nothing is doubled, orphaned or broken."""

import threading
import time
from functools import partial

import pytest

from apikeys import credentials, key_secrets
from apikeys.credentials import KeySecret
from apikeys.forms import new_nonce
from apikeys.models import ApiKey, ApiKeySecret
from deployments.models import Deployment
from tests.apikeys.machine import exchange, whoami
from tests.apikeys.pages import SECRET, secret_in, soup
from tests.factories import create_api_key, create_deployment
from tests.threats.at_once import another_window, at_once
from workspaces.models import AuditEvent, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

GONE = 404


@pytest.fixture
def keys_url(cast):
    return f"/{cast.home.workspace}/deployments/{cast.home.deployment}/api-keys"


@pytest.mark.threat("T-R5")
def test_twenty_identical_forms_at_once_make_one_key_of_which_the_last_secret_works(cast, keys_url):
    form = {"name": "Once", "description": "", "nonce": new_nonce()}
    windows = [another_window(cast.client("admin")) for _ in range(20)]

    answers = at_once([partial(window.post, f"{keys_url}/new", form) for window in windows])

    assert {answer.status_code for answer in answers} == {200}
    key = ApiKey.objects.get(name="Once")
    shown = {
        int(soup(answer).find("input", {"name": "number"})["value"]): secret_in(answer) for answer in answers
    }
    assert sorted(shown) == list(range(1, 21))
    assert len(set(shown.values())) == 20
    live = key.secrets.live().get()
    assert live.number == 20
    works = [
        number
        for number, secret in shown.items()
        if credentials.verify(KeySecret(secret), live.encoded, live.pepper_version)
    ]
    assert works == [20]
    assert Deployment.objects.get(pk=cast.home.deployment).api_key_count == 2
    operations = AuditEvent.objects.filter(target=key.pk).values_list("operation", flat=True)
    assert sorted(operations) == ["createDeploymentApiKey"] + ["reissueDeploymentApiKeySecret"] * 19


@pytest.mark.threat("T-L7")
def test_the_limit_of_keys_holds_however_many_are_made_at_once(cast, keys_url, settings, monkeypatch):
    settings.API_KEYS_PER_DEPLOYMENT = 3
    prepare, hashed = key_secrets.prepare, threading.Barrier(8)

    def prepare_together():
        # Otherwise the slots of argon2 would let them through two by two.
        prepared = prepare()
        hashed.wait(timeout=30)
        return prepared

    monkeypatch.setattr(key_secrets, "prepare", prepare_together)
    windows = [another_window(cast.client("admin")) for _ in range(8)]

    answers = at_once([partial(window.post, f"{keys_url}/new", _form()) for window in windows])

    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [422] * 6
    assert ApiKey.objects.filter(deployment_id=cast.home.deployment).count() == 3
    assert Deployment.objects.get(pk=cast.home.deployment).api_key_count == 3


@pytest.mark.threat("T-L2")
def test_a_deployment_deleted_while_keys_are_made_leaves_no_key_behind(cast):
    workspace = Workspace.objects.get(pk=cast.home.workspace)
    shown = 0
    for delay in (*(number * 0.012 for number in range(7)), None):
        deployment = create_deployment(workspace=workspace)
        url = f"/{workspace.pk}/deployments/{deployment.pk}"

        def delete(url=url, deployment=deployment, delay=delay):
            # Making a key takes the time of an argon2, so deleting a little later meets it at every stage, and
            # in the last round just after the first was made.
            time.sleep(delay or 0)
            while delay is None and not ApiKey.objects.of(deployment).exists():
                time.sleep(0.001)
            return another_window(cast.client("editor")).post(f"{url}/delete", {"word": "Delete"})

        def make(url=url):
            return another_window(cast.client("admin")).post(f"{url}/api-keys/new", _form())

        deleted, *answers = at_once([delete, make, make, make])

        assert deleted.status_code == 302
        assert {answer.status_code for answer in answers} <= {200, GONE}
        # Whoever was told that there is nothing was not shown a secret either.
        assert all((answer.status_code == 200) == bool(SECRET.search(answer.text)) for answer in answers)
        shown += sum(answer.status_code == 200 for answer in answers)
        assert not Deployment.objects.filter(pk=deployment.pk).exists()
        assert not ApiKey.objects.exclude(deployment__in=Deployment.objects.all()).exists()
        assert not ApiKeySecret.objects.exclude(key__in=ApiKey.objects.all()).exists()
    assert shown


@pytest.mark.threat("T-L2")
@pytest.mark.threat("T-J6")
def test_no_token_works_after_its_deployment_was_deleted_whenever_it_was_bought(cast):
    workspace = Workspace.objects.get(pk=cast.home.workspace)
    bought = 0
    for delay in (0, 0.015, 0.03, 0.045, None):
        deployment = create_deployment(workspace=workspace)
        issued = create_api_key(deployment, by=cast.people["admin"])

        def delete(deployment=deployment, delay=delay):
            time.sleep(delay or 0)
            while delay is None and not ApiKeySecret.objects.exclude(first_used_at=None).exists():
                time.sleep(0.001)
            url = f"/{workspace.pk}/deployments/{deployment.pk}/delete"
            return another_window(cast.client("editor")).post(url, {"word": "Delete"})

        deleted, *answers = at_once([delete, partial(exchange, issued), partial(exchange, issued)])

        assert deleted.status_code == 302
        assert {answer.status_code for answer in answers} <= {200, 401}
        for answer in answers:
            if answer.status_code == 200:
                bought += 1
                assert whoami(answer.json()["access_token"]).status_code == 401
    assert bought


@pytest.mark.threat("T-L3")
def test_a_key_deleted_and_edited_at_once_by_many_is_deleted_once(cast, keys_url):
    for _ in range(4):
        key = create_api_key(cast.deployment(cast.home), by=cast.people["admin"]).key
        url = f"{keys_url}/{key.pk}"

        def post(action, data, url=url):
            return another_window(cast.client("admin")).post(f"{url}/{action}", data)

        edit = partial(post, "edit", {"name": "Edited", "version": 1})
        delete = partial(post, "delete", {"word": "Delete"})
        switch = partial(post, "disable", {})
        *others, first, second, third = at_once([edit, edit, switch, delete, delete, delete])

        assert sorted(answer.status_code for answer in (first, second, third)) == [302, GONE, GONE]
        assert {answer.status_code for answer in others} <= {302, GONE, 409}
        assert not ApiKey.objects.filter(pk=key.pk).exists()
        events = AuditEvent.objects.filter(target=key.pk, operation="deleteDeploymentApiKey")
        assert events.count() == 1
    assert Deployment.objects.get(pk=cast.home.deployment).api_key_count == 1


@pytest.mark.threat("T-L3")
def test_of_many_edits_of_one_version_one_wins_and_the_others_are_told(cast, keys_url):
    url = f"{keys_url}/{cast.home.key}/edit"

    def edit(number):
        return another_window(cast.client("admin")).post(url, {"name": f"Edit {number}", "version": 1})

    answers = at_once([partial(edit, number) for number in range(6)])

    assert sorted(answer.status_code for answer in answers) == [302] + [409] * 5
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 302)
    assert ApiKey.objects.get(pk=cast.home.key).name == f"Edit {winner}"


def _form():
    return {"name": "Another", "description": "", "nonce": new_nonce()}
