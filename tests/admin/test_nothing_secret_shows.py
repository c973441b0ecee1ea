"""Every page of the admin site, as a superuser sees it: no hash, no fingerprint, no nonce, no stamp."""

import base64
from urllib.parse import urljoin, urlsplit

import pytest

from apikeys.models import ApiKey, ApiKeySecret
from tests.deployments.helpers import page
from tests.factories import create_api_key

MOST_PAGES = 150


def crawl(client):
    """Each page that links lead to, with its address."""
    waiting, seen = ["/admin/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert len(seen) < MOST_PAGES
        response = client.get(path)
        assert response.status_code == 200, path
        yield path, response.content.decode()
        for link in page(response).select("a[href]"):
            target = urlsplit(urljoin(path, str(link["href"])))
            if target.path.startswith("/admin/") and not target.query:
                waiting.append(target.path)


@pytest.mark.threat("T-S6")
def test_no_page_shows_anything_secret(as_operator, operator, deployment, admin):
    issued = create_api_key(deployment, by=admin)
    row = ApiKeySecret.objects.get()
    fingerprint = bytes(row.fingerprint)
    forbidden = {
        "the secret": issued.secret.reveal(),
        "its hash": row.encoded,
        "the hash's form": "$argon2",
        "its fingerprint": fingerprint.hex(),
        "its fingerprint in base64": base64.b64encode(fingerprint).decode(),
        "the creation nonce": ApiKey.objects.get().creation_nonce,
        "a password's hash": admin.password,
        "a security stamp": admin.security_stamp,
        "the operator's stamp": operator.security_stamp,
    }

    pages = list(crawl(as_operator))

    assert any("/apikeys/apikey/" in path and path.endswith("/change/") for path, _ in pages)
    for path, html in pages:
        for what, text in forbidden.items():
            assert text not in html, f"{what} on {path}"
        for field in ("encoded", "fingerprint", "creation_nonce", "pepper_version", "security_stamp"):
            assert field not in html, f"{field} on {path}"
