"""Download file, Apply file, Preview changes, Apply changes."""

import json

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from deployments.access import deployment_to_view
from deployments.details.alert_emails import set_alert_emails
from deployments.models import Deployment
from deployments.variables.service import VariableInput, save_variables
from tests.deployments.deployment_file.files import (
    NOTHING,
    RENAME,
    WITH_SECRET,
    apply_url,
    file_url,
    previewed,
)
from tests.deployments.helpers import HX, NEVER_EXISTED, one, page, text, url
from workspaces.models import Membership, Role
from workspaces.principals import principal_for


@pytest.fixture
def seen(deployment, editor):
    save_variables(
        principal_for(editor),
        deployment,
        [VariableInput("LEVEL", "info"), VariableInput("TOKEN", "stored-secret", is_secret=True)],
    )
    return deployment_to_view(principal_for(editor), None, deployment.pk)


class TestDownload:
    @pytest.mark.parametrize(
        ("query", "kind", "end", "load"),
        [
            ("", "application/yaml", ".yaml", yaml.safe_load),
            ("?form=yaml", "application/yaml", ".yaml", yaml.safe_load),
            ("?form=json", "application/json", ".json", json.loads),
            ("?form=json&template", "application/json", "-template.json", json.loads),
            ("?form=toml", "application/yaml", ".yaml", yaml.safe_load),
        ],
    )
    def test_it_is_an_attachment_that_nobody_keeps(self, as_member, seen, query, kind, end, load):
        response = as_member.get(file_url(seen, query))

        assert response.status_code == 200
        assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{seen.release_name}{end}"'
        assert response.headers["Cache-Control"] == "no-store"
        assert "configuration" in load(response.content)["deployment"]
        assertNotContains(response, "stored-secret")

    def test_strangers_find_nothing(self, as_outsider, as_nobody, seen):
        elsewhere = as_outsider.get(file_url(seen))
        never = as_outsider.get(file_url(seen).replace(seen.pk, NEVER_EXISTED))

        assert elsewhere.status_code == never.status_code == 404
        assert elsewhere.content == never.content
        assert as_nobody.get(file_url(seen)).status_code == 302


class TestButtons:
    def test_an_editor_downloads_and_applies(self, as_editor, seen):
        details = page(as_editor.get(url("deployments:details", seen)))

        links = {link.get_text(strip=True): link["href"] for link in details.select(".section__actions a")}
        assert links["YAML"] == file_url(seen, "?form=yaml")
        assert links["JSON"] == file_url(seen, "?form=json")
        assert links["Apply file"] == apply_url(seen)

    def test_a_member_downloads(self, as_member, seen):
        details = as_member.get(url("deployments:details", seen))

        assertContains(details, "Download file")
        assertNotContains(details, "Apply file")


class TestRights:
    def test_a_member_may_not_and_reads_why(self, as_member, seen):
        for response in (
            as_member.get(apply_url(seen)),
            as_member.post(apply_url(seen), {"text": RENAME}),
            as_member.post(apply_url(seen), {"sealed": "x"}),
        ):
            assert response.status_code == 403
            assert "Only a Workspace Editor or Admin can change a Deployment." in text(response)

    def test_an_outsider_finds_nothing(self, as_outsider, seen):
        assert as_outsider.post(apply_url(seen), {"text": RENAME}).status_code == 404

    def test_a_form_without_a_token_is_refused(self, as_editor, seen):
        as_editor.handler.enforce_csrf_checks = True

        assert as_editor.post(apply_url(seen), {"text": RENAME}).status_code == 403

    def test_who_lost_the_right_meanwhile_applies_nothing(self, as_editor, editor, seen):
        sealed = previewed(as_editor, seen, RENAME)
        Membership.objects.filter(user=editor).update(role=Role.MEMBER)

        assert as_editor.post(apply_url(seen), {"sealed": sealed}).status_code == 403
        assert Deployment.objects.get(pk=seen.pk).name == "Production"


@pytest.mark.parametrize("headers", [{}, HX])
def test_from_the_text_over_the_preview_to_the_deployment(as_editor, seen, headers):
    response = as_editor.post(apply_url(seen), {"text": RENAME}, headers=headers)

    assert response.status_code == 200
    assert "1 change" in text(response)
    assert "Name Configuration Changed Production Live" in text(response)
    assert Deployment.objects.get(pk=seen.pk).name == "Production"

    sealed = one(response, "input[name=sealed]")["value"]
    response = as_editor.post(apply_url(seen), {"sealed": sealed}, follow=True)

    assertRedirects(response, url("deployments:details", seen))
    assertContains(response, "The Deployment file was applied: 1 change.")
    assert Deployment.objects.get(pk=seen.pk).name == "Live"


def test_a_chosen_file_counts_and_not_the_text(as_editor, seen):
    file = SimpleUploadedFile("production.yaml", b"\xef\xbb\xbf" + RENAME.encode())

    response = as_editor.post(apply_url(seen), {"text": "nonsense", "file": file})

    assert "Production Live" in text(response)


def test_the_text_does_not_count_where_the_file_was_too_large(as_editor, seen):
    file = SimpleUploadedFile("production.yaml", b"#" * (2 * 1024 * 1024))

    response = as_editor.post(apply_url(seen), {"text": RENAME, "file": file})

    assertContains(response, "A Deployment file has at most 262,144 bytes.", status_code=422)


def test_deletions_are_marked_and_warned_of(as_editor, editor, seen):
    set_alert_emails(principal_for(editor), seen, ["a@example.com"])

    response = as_editor.post(apply_url(seen), {"text": "environment_variables: []\nalert_emails: []"})

    assert (
        "This deletes 2 environment variables and 1 alert email. "
        "Values of deleted variables cannot be brought back." in text(response)
    )
    assert f"TOKEN Environment variables Deleted Secret {NOTHING}" in text(response)
    assert one(response, "form .button--danger-solid").get_text() == "Apply changes"


def test_nothing_to_change_has_no_button(as_editor, seen):
    response = as_editor.post(apply_url(seen), {"text": "configuration: {name: Production}"})

    assert "The Deployment already is as the file says." in text(response)
    assertNotContains(response, "Apply changes")


@pytest.mark.parametrize("given", [{}, {"text": ""}, {"text": " \n"}])
def test_nothing_handed_in(as_editor, seen, given):
    response = as_editor.post(apply_url(seen), given)

    assert response.status_code == 422
    assert "Paste a Deployment file, or choose one." in text(response)


def test_the_current_file_may_be_the_start(as_editor, seen):
    assert one(as_editor.get(apply_url(seen)), "textarea").get_text().strip() == ""

    start = one(as_editor.get(apply_url(seen, "?current")), "textarea").get_text()

    assert "The Deployment already is as the file says." in text(
        as_editor.post(apply_url(seen), {"text": start})
    )


class TestMistakes:
    GIVEN = "configuration:\n  nmae: Live\n  executor: Celery\n"

    def test_each_has_line_field_remedy_and_its_line(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": self.GIVEN})

        assert response.status_code == 422
        rows = [" ".join(row.get_text(" ").split()) for row in page(response).select("tbody tr")]
        assert rows == [
            "2 :3 configuration.nmae “nmae” is not a field of configuration. Did you mean “name”?",
            (
                "3 :13 configuration.executor There is no such executor. "
                "Write CeleryExecutor or KubernetesExecutor. executor: Celery"
            ),
        ]

    def test_what_was_typed_is_kept(self, as_editor, seen):
        given = "configuration:\n  executor: Celery\n"

        response = as_editor.post(apply_url(seen), {"text": given})

        assert one(response, "textarea").get_text() == "\n" + given

    def test_a_mistyped_field_does_not_make_the_text_vanish(self, as_editor, seen):
        given = f"environment_variables:\n  - {{key: A, value: b}}\n{self.GIVEN}"

        response = as_editor.post(apply_url(seen), {"text": given})

        assert response.status_code == 422
        assert one(response, "textarea").get_text() == "\n" + given

    def test_what_may_hold_secrets_is_not_shown_again(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": WITH_SECRET + "nonsense: 1\n"})

        assert response.status_code == 422
        assertNotContains(response, "hunter2", status_code=422)
        assert "it may hold secrets. Paste it again" in text(response)

    def test_with_scripts_only_the_mistakes_come_back(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": self.GIVEN}, headers=HX)

        assert response.status_code == 422
        assert response.headers["HX-Retarget"] == "#document-problems"
        assert response.headers["HX-Reswap"] == "innerHTML show:#document:top"
        assert page(response).find("textarea") is None

    @pytest.mark.parametrize(
        "content", [b"\xff\xfe", b"\0", b"", b"x" * (256 * 1024 + 1), b"- " * 1000, b"{", b"\x80\n" * 50]
    )
    def test_no_file_is_a_server_error(self, as_editor, seen, content):
        response = as_editor.post(apply_url(seen), {"file": SimpleUploadedFile("a.yaml", content)})

        assert response.status_code == 422

    def test_a_null_character_has_its_line(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": "configuration:\n  name: a\0"})

        assert f"2 :10 {NOTHING} The character U+0000 cannot stand in a file." in text(response)
