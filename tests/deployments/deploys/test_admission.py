"""Who may send more than 1 MiB is decided by the head of the request, before the body is here."""

from typing import Any

import pytest
from django.test import Client

from apikeys.models import ApiKey
from cloudui.web.bodies import INPUT, AwaitedBody, BodyAdmitted, place
from cloudui.web.disk import NoSpace, require_space
from cloudui.web.uploads import ENVELOPE_BYTES
from deployments.deploys.store.refusal import LIMITS
from deployments.models import Deploy
from tests.apikeys.machine import token_of
from tests.deployments.helpers import text, url
from tests.factories import create_api_key, create_deployment

FORM = "multipart/form-data; boundary=x"
TAR = "application/x-tar"
LENGTH = 100_000_000


def head(client: Client, path: str, kind: str, *, length: int = LENGTH, **more: str) -> int:
    """The status that the application answers with to the head alone."""
    environ: dict[str, Any] = {INPUT: AwaitedBody(), "CONTENT_LENGTH": str(length), **more}
    return client.generic("POST", path, b"x", kind, **environ).status_code


@pytest.fixture
def path(deployment):
    return f"/v1/deployments/{deployment.pk}/deploys"


@pytest.fixture
def token(deployment):
    return token_of(create_api_key(deployment))


def test_the_page_admits_who_may_deploy(as_editor, deployment):
    with pytest.raises(BodyAdmitted) as admitted:
        head(as_editor, url("deployments:deploy", deployment), FORM)
    assert admitted.value.most_bytes == LIMITS.sent + ENVELOPE_BYTES


@pytest.mark.parametrize("who", ["as_nobody", "as_member", "as_outsider"])
def test_the_page_admits_nobody_else(request, deployment, who):
    client = Client(enforce_csrf_checks=True) if who == "as_nobody" else request.getfixturevalue(who)
    assert head(client, url("deployments:deploy", deployment), FORM) in {302, 403, 404, 413}


def test_the_route_admits_a_key_of_the_deployment(client, path, token):
    with pytest.raises(BodyAdmitted) as admitted:
        head(client, path, TAR, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert admitted.value.most_bytes == LIMITS.sent
    assert not Deploy.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"HTTP_AUTHORIZATION": ""}, 401),
        ({"HTTP_AUTHORIZATION": "Bearer forged"}, 401),
        ({"kind": "text/plain"}, 415),
        ({"length": LIMITS.sent + 1}, 413),
    ],
    ids=["no token", "forged", "no archive", "too long"],
)
def test_the_route_admits_nothing_else(client, path, token, change, status):
    asked = {"kind": TAR, "HTTP_AUTHORIZATION": f"Bearer {token}"} | change
    assert head(client, path, **asked) == status


def test_a_key_sends_nothing_to_another_deployment(client, workspace, token):
    other = create_deployment(workspace=workspace, name="Other")
    path = f"/v1/deployments/{other.pk}/deploys"
    assert head(client, path, TAR, HTTP_AUTHORIZATION=f"Bearer {token}") in {403, 404}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/account/login/", FORM),
        ("/account/login/", "application/x-www-form-urlencoded"),
        ("/oauth/token", "application/x-www-form-urlencoded"),
        ("/oauth/token", "application/json"),
        ("/graphql", "application/json"),
    ],
)
def test_no_other_address_takes_as_much(path, kind):
    assert head(Client(enforce_csrf_checks=True), path, kind) in {400, 401, 403, 413}
    assert not ApiKey.objects.exists()


# The disk


def send_head(client: Client, path: str, kind: str, length: int | None, **more: str) -> Any:
    environ: dict[str, Any] = {INPUT: AwaitedBody(length), "CONTENT_LENGTH": str(LENGTH), **more}
    return client.generic("POST", path, b"x", kind, **environ)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("length", [LENGTH, None], ids=["length", "chunks"])
def test_the_route_admits_what_there_is_space_for_and_reserves_it(client, path, token, disk_with, length):
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    # The body, and what is unpacked from it.
    needed = (LIMITS.sent if length is None else length) + LIMITS.stored
    left = disk_with(needed - 1)

    refused = send_head(client, path, TAR, length, **bearer)
    assert (refused.status_code, refused.headers["Retry-After"]) == (507, "60")
    assert refused.json()["error"] == "insufficient_storage"
    assert "Try again in a minute" in refused.json()["error_description"]
    require_space(place(), needed - 1)

    left.free = needed
    with pytest.raises(BodyAdmitted) as admitted:
        send_head(client, path, TAR, length, **bearer)
    require_space(place(), LIMITS.stored)
    with pytest.raises(NoSpace):
        require_space(place(), LIMITS.stored + 1)
    admitted.value.space.release()


@pytest.mark.usefixtures("root")
def test_the_page_admits_what_there_is_space_for(as_editor, deployment, disk_with):
    # The form as it comes, its file, and what is unpacked from it.
    needed = 2 * LENGTH + LIMITS.stored
    left = disk_with(needed - 1)
    refused = send_head(as_editor, url("deployments:deploy", deployment), FORM, LENGTH)
    assert (refused.status_code, refused.headers["Retry-After"]) == (507, "60")
    assert "Try again in a minute" in text(refused)
    left.free = needed
    with pytest.raises(BodyAdmitted):
        send_head(as_editor, url("deployments:deploy", deployment), FORM, LENGTH)


@pytest.mark.usefixtures("root")
def test_a_small_quota_needs_little_space(client, path, token, disk_with, settings):
    settings.DEPLOY_MIB_PER_DEPLOYMENT = 1
    disk_with(LENGTH + 1024 * 1024)
    with pytest.raises(BodyAdmitted):
        send_head(client, path, TAR, LENGTH, HTTP_AUTHORIZATION=f"Bearer {token}")
