"""The Deploys tab: what each role sees and may do, in the browser's words."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from deployments.deploys import service
from deployments.deploys.images import record_image
from deployments.deploys.source import Commit, DeploySource
from deployments.deploys.store import bundles
from deployments.deploys.store.bundles import Bundle
from deployments.models import Deploy, DeployKind, Deployment
from tests.deployments.deploys.archives import files, zipped
from tests.deployments.deploys.deploying import agree, history, key_of, read_by_airflow, send
from tests.deployments.helpers import HX, field_error, one, page, text, url
from tests.factories import create_deployment

pytestmark = pytest.mark.usefixtures("root")


def tab(deployment: Deployment, query: str = "") -> str:
    return url("deployments:deploys", deployment, query)


def deploy_url(deployment: Deployment) -> str:
    return url("deployments:deploy", deployment)


def roll_back_url(deployment: Deployment, deploy: Deploy) -> str:
    return f"{tab(deployment)}/{deploy.pk}/roll-back"


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("dags.tar.gz", content)


def test_an_empty_history_says_how_to_begin(as_member, deployment):
    answer = as_member.get(tab(deployment))
    assert "Nothing has been deployed yet." in text(answer)
    assert "0 bytes of 2.0 GiB, 0 of 100 versions." in text(answer)
    commands = one(answer, "#deploy-commands").get_text()
    assert f"/v1/deployments/{deployment.pk}/deploys" in commands
    assert "exit" not in commands
    assert "open" in one(answer, "details.snippet").attrs
    assert deploy_url(deployment) not in answer.content.decode()


def test_the_history_says_which_commit_and_image_and_by_which_program(as_member, by, deployment):
    sha, page_of_it = "3f2c9d1e0b7a48d5", "https://git.example.com/acme/etl/commit/3f2c9d1e0b7a48d5"
    commit = Commit(sha, "main", "acme/<etl>", page_of_it)
    send(by, deployment, source=DeploySource(client="astro cli 1.45.0", commit=commit))
    image = DeploySource(DeployKind.IMAGE, image="registry.example.com/etl:1", commit=Commit(sha))
    record_image(by, deployment, source=image)

    answer = as_member.get(tab(deployment))

    recorded, uploaded = (" ".join(row.get_text(" ").split()) for row in page(answer).select("tbody tr"))
    assert "commit 3f2c9d1 on main in acme/<etl> by astro cli 1.45.0" in uploaded
    assert one(answer, "tbody a").attrs["href"] == page_of_it
    assert "Image registry.example.com/etl:1" in recorded
    assert "commit 3f2c9d1" in recorded


def test_the_history_says_when_who_what_and_how_it_ended(as_editor, by, deployment):
    first = send(by, deployment, "1", description="The <first>")
    send(key_of(deployment), deployment, "22")
    with pytest.raises(ValidationError):
        service.receive(by, deployment, upload(b"garbage " * 100))
    service.roll_back(by, deployment, first)

    answer = as_editor.get(tab(deployment))

    rows = [" ".join(row.get_text(" ").split()) for row in page(answer).select("tbody tr")]
    for row, word in zip(rows, ("Current", "Failed", "Succeeded", "Succeeded"), strict=True):
        assert word in row
    assert rows[0].count("Current") == "".join(rows).count("Current") == 1
    assert "Roll-back to the DAGs of" in rows[0]
    assert "damaged, or is no tar archive" in rows[1]
    assert "CI API Key" in rows[2]
    assert "2 bytes" in rows[2]
    assert "The <first>" in rows[3]
    # Only to the second one: the others are current, failed, or have the current files.
    links = page(answer).select("tbody a[href$=roll-back]")
    assert [link["href"] for link in links] == [roll_back_url(deployment, Deploy.objects.get(size=2))]


def test_the_history_is_paged(as_member, by, deployment, monkeypatch):
    for number in range(27):
        Deploy.objects.create(
            deployment=deployment, status="FAILED", reason=f"no {number}", made_by_kind="user", version="x"
        )
    first = as_member.get(tab(deployment))
    assert len(page(first).select("tbody tr")) == 25
    older = one(first, "a[rel=next]")["href"]
    assert len(page(as_member.get(older)).select("tbody tr")) == 2


def test_uploading_deploys(as_editor, deployment):
    answer = as_editor.post(
        deploy_url(deployment),
        {"archive": upload(zipped(files({"a.py": b"new"}))), "description": " Hi "},
        follow=True,
    )
    assert answer.redirect_chain == [(tab(deployment), 302)]
    assert "The DAGs were deployed." in text(answer)
    assert read_by_airflow(deployment) == "new"
    agree(deployment)
    assert deployment.current_deploy.description == "Hi"


def test_uploading_in_the_dialog_closes_it_and_refreshes_the_list(as_editor, deployment):
    answer = as_editor.post(deploy_url(deployment), {"archive": upload(files())}, headers=HX)
    assert answer.status_code == 200
    assert set(answer.headers["HX-Trigger"].split('"')) >= {"dialog:close", "deployments:changed"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"PK\x03\x04" + bytes(100), "Send a tar or tar.gz archive. This is a zip file."),
        (b"", "The archive is empty."),
        (b"name,value\n" * 100, "The archive is damaged, or is no tar archive."),
        (files() + b"x", "Data follows the end of the archive."),
        (None, "Choose a file."),
    ],
    ids=["zip", "empty", "table", "wrong at its end", "none"],
)
def test_a_wrong_file_is_told_beside_it_and_is_no_failed_deploy(as_editor, deployment, content, error):
    sent = {"description": "My words"} | ({} if content is None else {"archive": upload(content)})

    answer = as_editor.post(deploy_url(deployment), sent)

    assert (answer.status_code, field_error(answer, "archive")) == (422, error)
    assert one(answer, "#id_description")["value"] == "My words"
    assert history(deployment) == []


def test_a_file_that_is_too_large_is_told_so_without_being_kept(as_editor, deployment, monkeypatch):
    monkeypatch.setattr("cloudui.web.uploads.ENVELOPE_BYTES", -256 * 1024 * 1024)
    answer = as_editor.post(deploy_url(deployment), {"description": "", "archive": upload(bytes(1000))})
    assert answer.status_code == 422
    assert field_error(answer, "archive") == "This file is larger than 256 MiB."


def test_what_is_not_about_the_file_stands_above_the_form(
    as_editor, deployment, monkeypatch, settings, tmp_path, disk_with
):
    monkeypatch.setattr(service, "WAIT_SECONDS", 0)
    with bundles.hold(deployment.pk):
        busy = as_editor.post(deploy_url(deployment), {"archive": upload(files())}, headers=HX)
    disk_with(200 * 1024 * 1024)
    full = as_editor.post(deploy_url(deployment), {"archive": upload(files())}, headers=HX)
    settings.DAGS_ROOT = tmp_path / "file"
    settings.DAGS_ROOT.touch()
    away = as_editor.post(deploy_url(deployment), {"archive": upload(files())}, headers=HX)

    assert (busy.status_code, full.status_code, away.status_code) == (409, 507, 422)
    assert "Another deploy to this Deployment is in progress." in text(busy)
    assert "disk is almost full" in text(full)
    assert "its disk is not writable" in text(away)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ci_cd_enforced": True}, "only accepts deploys made with an API key"),
        ({"dag_deploys_enabled": False}, "disabled"),
    ],
)
def test_who_may_not_deploy_is_told_why(as_editor, by, deployment, change, reason):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    Deployment.objects.update(**change)

    answer = as_editor.get(tab(deployment))
    assert reason in one(answer, ".notice").get_text()
    assert page(answer).select("a[href$=new], a[href$=roll-back]") == []
    for address in (deploy_url(deployment), roll_back_url(deployment, first)):
        for method in (as_editor.get, as_editor.post):
            refused = method(address)
            assert refused.status_code == 403
            assert reason in text(refused)


def test_members_see_it_and_change_nothing(as_member, by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    answer = as_member.get(tab(deployment))
    assert page(answer).select("a[href$=new], a[href$=roll-back], .notice") == []
    for address in (deploy_url(deployment), roll_back_url(deployment, first)):
        assert as_member.post(address).status_code == 403


def test_rolling_back_asks_first(as_editor, by, deployment):
    first = send(by, deployment, "1", description="Good")
    send(by, deployment, "2")

    asked = as_editor.get(roll_back_url(deployment, first))
    assert "“ Good ”" in text(asked)
    assert one(asked, "form.form button").get_text(strip=True) == "Yes, Continue"
    assert read_by_airflow(deployment) == "2"

    answer = as_editor.post(roll_back_url(deployment, first), {"description": "2 is broken"}, follow=True)
    assert "The earlier DAGs are current again." in text(answer)
    assert read_by_airflow(deployment) == "1"


def test_what_cannot_be_rolled_back_to_says_why(as_editor, by, deployment):
    first = send(by, deployment, "1")
    current = send(by, deployment, "2")
    Bundle(deployment.release_name).remove(first.pk)
    for deploy, reason in ((first, "no longer kept"), (current, "current one already")):
        assert reason in text(as_editor.get(roll_back_url(deployment, deploy)))
        refused = as_editor.post(roll_back_url(deployment, deploy))
        assert (refused.status_code, reason in text(refused)) == (422, True)


def test_a_deploy_of_another_deployment_is_not_found(as_editor, by, deployment, workspace):
    other = create_deployment(workspace=workspace)
    foreign = send(by, other)
    assert as_editor.get(roll_back_url(deployment, foreign)).status_code == 404


def test_the_activity_tells_of_deploys(as_member, by, deployment):
    first = send(by, deployment, "1")
    send(by, deployment, "2")
    service.roll_back(by, deployment, first)
    with pytest.raises(ValidationError):
        service.receive(by, deployment, upload(b"x" * 1024))
    said = text(as_member.get(url("deployments:activity", deployment)))
    assert "deployed DAGs" in said
    assert "rolled DAGs back" in said
    assert "Reason: The archive is damaged" in said
