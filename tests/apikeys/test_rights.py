"""What nobody but an Admin may do to a key, whatever the form says; strangers do not learn that it exists."""

import pytest

from apikeys.models import ApiKey, ApiKeySecret
from tests.apikeys.pages import text, url
from tests.factories import create_api_key

pytestmark = pytest.mark.django_db

FORM = {"name": "Mine", "version": 1, "number": 1, "ends": "now", "word": "Delete", "nonce": "0" * 32}


@pytest.mark.parametrize(("who", "status"), [("as_member", 403), ("as_editor", 403), ("as_stranger", 404)])
@pytest.mark.parametrize(
    ("verb", "method"),
    [
        ("create", "get"),
        ("create", "post"),
        ("edit", "get"),
        ("edit", "post"),
        ("delete", "post"),
        ("disable", "post"),
        ("enable", "post"),
        ("confirm", "post"),
        ("reissue", "post"),
        ("rotate", "post"),
        ("end_now", "post"),
        ("first_use", "get"),
    ],
)
def test_nobody_but_admins(verb, method, who, status, deployment, request):
    key = create_api_key(deployment, name="CI").key
    before = list(ApiKey.objects.values()), list(ApiKeySecret.objects.values())
    place = url(verb, deployment, None if verb == "create" else key)

    response = getattr(request.getfixturevalue(who), method)(place, FORM)

    assert response.status_code == status
    assert (list(ApiKey.objects.values()), list(ApiKeySecret.objects.values())) == before
    if status == 403:
        assert "Only a Workspace Admin can create, change or delete API keys." in text(response)
