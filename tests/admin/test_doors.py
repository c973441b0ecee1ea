"""Who comes into the admin site, and that it has no door of its own."""

from urllib.parse import unquote

import pytest

from tests.deployments.helpers import page, signed_in
from tests.factories import create_member, create_owner, create_user
from workspaces.models import Role


@pytest.mark.parametrize("path", ["/admin/", "/admin/workspaces/user/", "/admin/apikeys/apikey/look-up/"])
def test_nobody_is_sent_to_sign_in_and_then_to_the_page(client, db, path):
    response = client.get(path, follow=True)

    assert unquote(response.redirect_chain[-1][0]) == f"/account/login/?next={path}"


def test_the_admin_sites_own_sign_in_is_the_consoles(client, db):
    assert client.get("/admin/login/")["Location"].startswith("/account/login/?next=")


@pytest.mark.parametrize("path", ["/admin/", "/admin/workspaces/user/", "/admin/apikeys/apikey/look-up/"])
@pytest.mark.parametrize("who", ["member", "owner"])
def test_whoever_is_no_operator_gets_the_reason(workspace, who, path):
    user = create_owner() if who == "owner" else create_member(workspace=workspace, role=Role.ADMIN)

    response = signed_in(user).get(path)

    assert response.status_code == 403
    assert "Only operators can open the admin site." in response.content.decode()


def test_an_operator_who_was_dismissed_is_out_at_once(as_operator, operator):
    operator.is_staff = False
    operator.save()

    assert as_operator.get("/admin/").status_code == 403


def test_staff_without_permissions_sees_an_empty_site(db):
    client = signed_in(create_user(is_staff=True))

    assert client.get("/admin/").status_code == 200
    for path in ("workspaces/user/", "workspaces/auditevent/", "apikeys/apikey/", "apikeys/apikey/look-up/"):
        assert client.get(f"/admin/{path}").status_code == 403


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/admin/logout/", "/account/logout/"),
        ("/admin/password_change/", "/account/password/change/"),
        ("/admin/password_change/done/", "/admin/"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_signing_out_and_passwords_belong_to_the_console(as_operator, method, path, leads_to):
    assert getattr(as_operator, method)(path)["Location"] == leads_to


def test_the_frame_is_ours(as_operator):
    html = page(as_operator.get("/admin/"))

    assert html.title.get_text() == "Operations | Cloud UI operators"
    assert html.select_one("#user-tools a[href='/']").get_text() == "Console"
    assert html.select_one("#user-tools form")["action"] == "/account/logout/"
    assert html.find("a", string="Look up a leaked secret")["href"] == "/admin/apikeys/apikey/look-up/"


@pytest.mark.threat("T-W4")
@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/workspaces/user/",
        "/admin/workspaces/user/add/",
        "/admin/workspaces/workspace/add/",
        "/admin/deployments/cluster/add/",
        "/admin/apikeys/apikey/look-up/",
    ],
)
def test_pages_need_no_exception_from_the_content_policy(as_operator, path):
    response = as_operator.get(path)

    assert "unsafe" not in response["Content-Security-Policy"]
    for script in page(response).find_all("script"):
        assert script.get("src") or script.get("type") == "application/json"
    assert page(response).find_all("style") == []
    assert page(response).select("[style], [onclick], [onload], [onsubmit]") == []


def test_what_is_listed_is_what_operators_work_with(as_operator):
    models = {link["href"] for link in page(as_operator.get("/admin/")).select("#content-main th a")}

    assert models >= {
        "/admin/apikeys/apikey/",
        "/admin/auth/group/",
        "/admin/deployments/cluster/",
        "/admin/deployments/deployment/",
        "/admin/deployments/runtimerelease/",
        "/admin/workspaces/auditevent/",
        "/admin/workspaces/user/",
        "/admin/workspaces/workspace/",
    }
    assert not any("emailaddress" in model for model in models)


def test_no_list_deletes_many_rows_at_once(as_operator, workspace):
    response = as_operator.post(
        "/admin/workspaces/workspace/", {"action": "delete_selected", "_selected_action": workspace.pk}
    )

    assert response.status_code in {200, 302}
    workspace.refresh_from_db()
