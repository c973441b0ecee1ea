"""After the reveal: confirming that the secret is saved, and issuing a new one while nobody has."""

import pytest
from django.utils import timezone

from apikeys.models import ApiKey
from tests.apikeys.pages import SECRET, events, secret_in, text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(deployment):
    return create_api_key(deployment, name="CI").key


def test_saving_confirms_the_secret_and_closes(as_admin, deployment, key, hx):
    response = as_admin.post(url("confirm", deployment, key), {"number": 1}, headers=hx)

    key.refresh_from_db()
    assert key.acknowledged_secret == 1
    assert events(response) == {"dialog:close": {}, "apikeys:changed": {"focus": f"key-{key.pk}"}}
    assert "API Key CI was created." in text(response)


@pytest.mark.threat("T-R2")
def test_saving_changes_a_cookie_so_that_browsers_drop_the_page(as_admin, deployment, key):
    first = as_admin.post(url("confirm", deployment, key), {"number": 1}).cookies["reveal"].value
    second = as_admin.post(url("confirm", deployment, key), {"number": 1}).cookies["reveal"].value

    assert first != second


@pytest.mark.parametrize("number", ["2", "", "x", "-1", "99999999999999999999"])
def test_another_number_confirms_nothing(as_admin, deployment, key, number):
    response = as_admin.post(url("confirm", deployment, key), {"number": number})

    key.refresh_from_db()
    assert response.status_code == 409
    assert "was replaced by a newer one" in text(response)
    assert key.acknowledged_secret == 0


def test_confirming_is_no_page(as_admin, deployment, key):
    assert as_admin.get(url("confirm", deployment, key)).status_code == 405


def test_issuing_anew_asks_first_and_then_shows_another_secret(as_admin, deployment, key):
    asked = as_admin.get(url("reissue", deployment, key))
    shown = as_admin.post(url("reissue", deployment, key))

    assert not SECRET.search(asked.content.decode())
    assert SECRET.fullmatch(secret_in(shown))
    assert "The one shown before no longer works." in text(shown)
    assert ApiKey.objects.get().secrets.live().get().number == 2


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(
            lambda key: ApiKey.objects.filter(pk=key.pk).update(acknowledged_secret=1), id="confirmed"
        ),
        pytest.param(lambda key: key.secrets.update(first_used_at=timezone.now()), id="used"),
        pytest.param(lambda key: key.secrets.update(number=21), id="too often"),
    ],
)
def test_a_secret_that_somebody_has_is_not_issued_anew(as_admin, deployment, key, spoil):
    spoil(key)

    for response in (
        as_admin.get(url("reissue", deployment, key)),
        as_admin.post(url("reissue", deployment, key)),
    ):
        assert response.status_code == 409
        assert not SECRET.search(response.content.decode())
    assert key.secrets.live().count() == 1
