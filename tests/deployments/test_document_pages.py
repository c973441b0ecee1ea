"""Download file, Apply file, Preview changes, Apply changes; no secret is shown or kept on the way."""

import json

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from deployments.access import deployment_to_view
from deployments.alerts import set_alert_emails
from deployments.document import sealing
from deployments.models import Deployment, EnvironmentVariable
from deployments.variables import Wanted, read_value, save_variables
from tests.deployments.helpers import HX, NEVER_EXISTED, one, page, signed_in, text, url
from tests.factories import create_deployment, create_member
from tests.house.tables import dump
from workspaces.middleware import principal_for
from workspaces.models import Membership, Role

NOTHING = "\u2013"
RENAME = "configuration:\n  name: Live\n"
WITH_SECRET = (
    "environment_variables:\n  - {key: PASSWORD, is_secret: true, value: hunter2}\nalert_emails: []\n"
)


@pytest.fixture
def seen(deployment, editor):
    save_variables(
        principal_for(editor),
        deployment,
        [Wanted("LEVEL", "info"), Wanted("TOKEN", "stored-secret", is_secret=True)],
    )
    return deployment_to_view(principal_for(editor), None, deployment.pk)


def apply_url(deployment, query=""):
    return url("deployments:apply_document", deployment, query)


def file_url(deployment, query=""):
    return url("deployments:download_document", deployment, query)


def previewed(client, deployment, given, **options):
    """The hidden field of the preview."""
    response = client.post(apply_url(deployment), {"text": given}, **options)
    assert response.status_code == 200, text(response)
    return one(response, "input[name=sealed]")["value"]


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

    def test_what_may_hold_secrets_is_not_shown_again(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": WITH_SECRET + "nonsense: 1\n"})

        assert response.status_code == 422
        assertNotContains(response, "hunter2", status_code=422)
        assert "it may hold secrets. Paste it again" in text(response)

    def test_with_scripts_only_the_mistakes_come_back(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": self.GIVEN}, headers=HX)

        assert response.status_code == 422
        assert response.headers["HX-Retarget"] == "#document-problems"
        assert response.headers["HX-Reswap"] == "innerHTML show:top"
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


class TestSecrets:
    def test_none_is_in_the_preview_or_anywhere_else(self, as_editor, seen):
        response = as_editor.post(apply_url(seen), {"text": WITH_SECRET})

        assertContains(response, "PASSWORD")
        assertNotContains(response, "hunter2")
        assertNotContains(response, "stored-secret")
        assert response.headers["Cache-Control"] == "no-store"
        assert "hunter2" not in repr(dump())
        assert "hunter2" not in repr(dict(as_editor.session))

    def test_it_arrives(self, as_editor, seen):
        sealed = previewed(as_editor, seen, WITH_SECRET)

        as_editor.post(apply_url(seen), {"sealed": sealed})

        assert read_value(EnvironmentVariable.objects.get(key="PASSWORD")) == "hunter2"

    def test_back_to_the_file_shows_it_unless_it_holds_secrets(self, as_editor, seen):
        shown = as_editor.post(apply_url(seen), {"sealed": previewed(as_editor, seen, RENAME), "edit": ""})
        held = as_editor.post(
            apply_url(seen), {"sealed": previewed(as_editor, seen, WITH_SECRET), "edit": ""}
        )

        assert one(shown, "textarea").get_text() == "\n" + RENAME
        assertNotContains(held, "hunter2")
        assert "it may hold secrets. Paste it again" in text(held)
        assert Deployment.objects.get(pk=seen.pk).name == "Production"


class TestSealed:
    def ended(self, response):
        assert response.status_code == 422
        assert "The preview has ended. Paste the Deployment file again, or choose it." in text(response)
        assert Deployment.objects.get(name="Production").name == "Production"

    def test_it_opens_for_nobody_else(self, as_editor, as_admin, seen):
        self.ended(as_admin.post(apply_url(seen), {"sealed": previewed(as_editor, seen, RENAME)}))

    def test_it_opens_for_no_other_deployment(self, as_editor, seen):
        other = create_deployment(workspace=seen.workspace, name="Staging")

        self.ended(as_editor.post(apply_url(other), {"sealed": previewed(as_editor, seen, RENAME)}))

    def test_it_ends_after_an_hour(self, as_editor, seen, monkeypatch):
        now = sealing.time.time()
        sealed = previewed(as_editor, seen, RENAME)
        monkeypatch.setattr(sealing.time, "time", lambda: now + 3700)

        self.ended(as_editor.post(apply_url(seen), {"sealed": sealed}))

    @pytest.mark.parametrize("sealed", ["", "x", "AAAA", "é", "AQ==", "\0", "A" * 1000, "/w" + "A" * 98])
    def test_nonsense_is_refused(self, as_editor, seen, sealed):
        self.ended(as_editor.post(apply_url(seen), {"sealed": sealed}))

    def test_one_that_was_changed_is_refused(self, as_editor, seen):
        sealed = previewed(as_editor, seen, RENAME)

        self.ended(as_editor.post(apply_url(seen), {"sealed": sealed[:-6] + "AAAAAA"}))


class TestMeanwhile:
    def test_a_change_since_the_preview_is_previewed_anew(self, as_editor, seen):
        sealed = previewed(as_editor, seen, WITH_SECRET)
        save_variables(principal_for(create_member(workspace=seen.workspace, role=Role.EDITOR)), seen, [])

        response = as_editor.post(apply_url(seen), {"sealed": sealed})

        assert response.status_code == 409
        assert "Somebody changed this Deployment since the preview." in text(response)
        assert f"PASSWORD Environment variables Added {NOTHING} Secret" in text(response)
        assertNotContains(response, "hunter2", status_code=409)
        assert not EnvironmentVariable.objects.exists()

        again = one(response, "input[name=sealed]")["value"]
        assert as_editor.post(apply_url(seen), {"sealed": again}).status_code == 302
        assert EnvironmentVariable.objects.get().key == "PASSWORD"

    def test_what_became_impossible_is_said(self, as_editor, seen):
        sealed = previewed(as_editor, seen, RENAME)
        create_deployment(workspace=seen.workspace, name="Live")

        response = as_editor.post(apply_url(seen), {"sealed": sealed})

        assert response.status_code == 422
        assert "2 :3 configuration.name" in text(response)

    def test_a_second_application_changes_nothing_and_says_so(self, as_editor, seen):
        sealed = previewed(as_editor, seen, RENAME)
        as_editor.post(apply_url(seen), {"sealed": sealed})

        response = as_editor.post(apply_url(seen), {"sealed": sealed})

        assert response.status_code == 409
        assert "The Deployment already is as the file says." in text(response)


def test_the_file_is_bound_to_the_person_that_is_signed_in(seen):
    first, second = (signed_in(create_member(workspace=seen.workspace, role=Role.EDITOR)) for _ in range(2))

    assert second.post(apply_url(seen), {"sealed": previewed(first, seen, RENAME)}).status_code == 422
