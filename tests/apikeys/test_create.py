"""New API Key: the form, what it refuses, and the one look at the secret in the answer to its POST."""

import pytest

from apikeys import credentials
from apikeys.models import ApiKey
from tests.apikeys.pages import SECRET, events, field_error, nonce_in, secret_in, soup, text, url
from tests.factories import create_api_key
from workspaces.models import Membership, Role

pytestmark = pytest.mark.django_db


def post(client, deployment, **changes):
    page = client.get(url("create", deployment))
    headers = changes.pop("headers", {})
    data = {"nonce": nonce_in(page), "name": "CI", "description": "", **changes}
    return client.post(url("create", deployment), data, headers=headers)


def test_the_answer_to_the_post_shows_the_secret_that_works(as_admin, deployment):
    response = post(as_admin, deployment, name="AF_SB_ARN", description="IAM role")

    key = ApiKey.objects.get()
    row = key.secrets.get()
    secret = credentials.KeySecret(secret_in(response))
    assert response.status_code == 200
    assert (key.name, key.description, key.acknowledged_secret) == ("AF_SB_ARN", "IAM role", 0)
    assert credentials.verify(secret, row.encoded, row.pepper_version)
    assert "This is the only time you will see it." in text(response)


def test_the_answer_counts_the_new_key(as_admin, deployment):
    create_api_key(deployment, name="Earlier")

    assert soup(post(as_admin, deployment)).select_one(".tabs [aria-current] .count").text == "2"


def test_the_answer_is_neither_cached_nor_compressed(as_admin, deployment):
    response = post(as_admin, deployment, headers={"Accept-Encoding": "gzip, br"})

    assert response["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in response
    assert as_admin.get(url("index", deployment), headers={"Accept-Encoding": "gzip"})["Content-Encoding"]


def test_the_only_way_out_of_the_reveal_is_its_button(as_admin, deployment):
    page = soup(post(as_admin, deployment, headers={"HX-Request": "true"}))

    assert [button.get_text(strip=True) for button in page.select("form button")] == [
        "I've saved the Key Secret"
    ]
    assert not page.select("[data-close-dialog]")


def test_for_htmx_the_secret_lands_in_the_reveal_and_the_list_is_told(as_admin, deployment, hx):
    response = post(as_admin, deployment, headers=hx)

    assert response["HX-Retarget"] == "#reveal"
    assert response["HX-Reswap"] == "innerHTML"
    assert set(events(response)) == {"apikeys:changed"}
    assert soup(response).find("html") is None


@pytest.mark.threat("T-R8")
def test_the_secret_stands_in_code_elements_and_in_no_form_control(as_admin, deployment):
    page = soup(post(as_admin, deployment))

    for control in page.select("input, textarea, button, a"):
        assert not SECRET.search(str(control))
    for found in page.find_all(string=SECRET):
        assert found.parent.name == "code"
        assert found.parent.find_parent(attrs={"translate": "no"}) or found.parent["translate"] == "no"


def pieces(response):
    return {
        piece.find("summary").get_text(strip=True): piece.find("code").get_text()
        for piece in soup(response).select("details.snippet")
    }


def test_ready_pieces_carry_the_key(as_admin, deployment):
    response = post(as_admin, deployment)

    key_id, secret = ApiKey.objects.get().pk, secret_in(response)
    shown = pieces(response)
    assert list(shown) == [
        "astro CLI", "Shell", ".env file", "GitHub Actions", "CircleCI", "curl: get an access token and use it",
    ]  # fmt: skip
    assert shown["Shell"].endswith(f"&& export ASTRONOMER_KEY_ID={key_id} ASTRONOMER_KEY_SECRET")
    assert [name for name, text in shown.items() if secret in text] == [".env file"]
    assert shown[".env file"] == f"ASTRONOMER_KEY_ID={key_id}\nASTRONOMER_KEY_SECRET={secret}"
    assert "${{ secrets.ASTRONOMER_KEY_SECRET }}" in shown["GitHub Actions"]
    assert "http://localhost:8871/oauth/token" in shown["curl: get an access token and use it"]


@pytest.mark.parametrize(
    ("public_url", "own_domain", "named"),
    [
        ("http://localhost:8871", "", "localhost"),
        ("https://console.example.com", "cloudui-localhost.example.com", "cloudui-localhost.example.com"),
        ("https://console.example.com", "", None),
    ],
)
def test_the_astro_cli_is_offered_first_where_it_works(
    as_admin, deployment, settings, public_url, own_domain, named
):
    settings.PUBLIC_URL, settings.ASTRO_DOMAIN = public_url, own_domain

    first, text = next(iter(pieces(post(as_admin, deployment)).items()))

    assert (first == "astro CLI") == bool(named)
    assert not named or f" ASTRO_DOMAIN={named}\n" in text


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Enter a name."),
        ("   ", "Enter a name."),
        ("x" * 101, "Use at most 100 characters; this has 101."),
        ("a\x07b", "Remove the invisible character U+0007."),
        ("a\u202eb", "Remove the invisible character U+202E."),
        ("a\u200bb", "Remove the invisible character U+200B."),
        ("two\nlines", "Remove the invisible character U+000A."),
        ("nul\x00", "Remove the invisible character U+0000."),
    ],
)
def test_a_name_is_refused_beside_the_field_and_nothing_is_lost(as_admin, deployment, name, error):
    response = post(as_admin, deployment, name=name, description="Kept <as typed>")

    assert response.status_code == 422
    assert error in field_error(response, "name")
    assert soup(response).find("textarea", {"name": "description"}).get_text().strip() == "Kept <as typed>"
    assert soup(response).find("input", {"name": "name"})["aria-invalid"] == "true"
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("description", ["x" * 501, "bell\x07", "\u2066isolate"])
def test_a_description_is_refused_beside_the_field(as_admin, deployment, description):
    response = post(as_admin, deployment, description=description)

    assert response.status_code == 422
    assert field_error(response, "description")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    "name", ['"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</script>", "🔑👩‍💻", "עברית", "x" * 100]
)
def test_any_visible_name_is_kept_and_shown_as_it_is(as_admin, deployment, name):
    post(as_admin, deployment, name=name)

    assert ApiKey.objects.get().name == name
    assert name in text(as_admin.get(url("index", deployment)))


def test_outer_spaces_go_and_lines_of_a_description_stay(as_admin, deployment):
    post(as_admin, deployment, name="  CI  ", description="one\r\ntwo")

    key = ApiKey.objects.get()
    assert (key.name, key.description) == ("CI", "one\ntwo")


def test_a_name_that_exists_is_allowed_with_a_warning(as_admin, deployment):
    create_api_key(deployment, name="ci")

    response = post(as_admin, deployment, name="CI")

    assert response.status_code == 200
    assert "Another API Key of this Deployment has the same name." in text(response)
    assert ApiKey.objects.count() == 2


@pytest.mark.threat("T-R6")
def test_sending_the_form_again_after_a_lost_answer_shows_a_new_secret_of_the_same_key(as_admin, deployment):
    data = {"nonce": nonce_in(as_admin.get(url("create", deployment))), "name": "CI"}
    first = as_admin.post(url("create", deployment), data)

    second = as_admin.post(url("create", deployment), data)

    assert ApiKey.objects.count() == 1
    assert secret_in(second) != secret_in(first)
    assert "The one shown before no longer works." in text(second)


def test_sending_a_confirmed_form_again_explains_and_offers_a_fresh_one(as_admin, deployment):
    data = {"nonce": nonce_in(as_admin.get(url("create", deployment))), "name": "CI"}
    as_admin.post(url("create", deployment), data)
    key = ApiKey.objects.get()
    as_admin.post(url("confirm", deployment, key), {"number": 1})

    response = as_admin.post(url("create", deployment), data)

    assert response.status_code == 409
    assert not SECRET.search(response.content.decode())
    assert url("open", deployment, key) in response.content.decode()
    assert nonce_in(response) != data["nonce"]
    assert soup(response).find("input", {"name": "name"})["value"] == "CI"


@pytest.mark.parametrize("nonce", ["", "short", "G" * 32, "0" * 33])
def test_a_form_without_our_nonce_is_made_whole_and_can_be_sent_again(as_admin, deployment, nonce):
    response = post(as_admin, deployment, nonce=nonce)

    assert response.status_code == 422
    assert "send it again" in text(response)
    assert not ApiKey.objects.exists()
    again = as_admin.post(url("create", deployment), {"nonce": nonce_in(response), "name": "CI"})
    assert SECRET.search(again.content.decode())


def test_the_limit_stands_beside_the_name(as_admin, deployment, settings):
    settings.API_KEYS_PER_DEPLOYMENT = 1
    create_api_key(deployment)

    response = post(as_admin, deployment, name="One too many")

    assert response.status_code == 422
    assert "which is the limit" in field_error(response, "name")
    assert soup(response).find("input", {"name": "name"})["value"] == "One too many"


@pytest.mark.threat("T-W8")
def test_fields_that_the_form_does_not_have_change_nothing(as_admin, admin, deployment):
    post(
        as_admin, deployment,
        key_id="A" * 32, is_enabled="", created_by="cother", acknowledged_secret="9", generation="7",
    )  # fmt: skip

    key = ApiKey.objects.get()
    assert key.pk != "A" * 32
    assert (key.is_enabled, key.acknowledged_secret, key.generation) == (True, 0, 1)
    assert key.created_by == admin


@pytest.mark.threat("T-L1")
def test_an_admin_who_lost_the_role_meanwhile_gets_the_reason_as_a_toast(as_admin, deployment, hx):
    nonce = nonce_in(as_admin.get(url("create", deployment)))
    Membership.objects.update(role=Role.MEMBER)

    response = as_admin.post(url("create", deployment), {"nonce": nonce, "name": "CI"}, headers=hx)

    assert response.status_code == 403
    assert response["Content-Type"].startswith("text/plain")
    assert "Your role here is Member." in response.content.decode()
    assert not ApiKey.objects.exists()
