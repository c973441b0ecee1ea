"""A Deployment file on its way from the preview back to us: seen and kept by nobody, and applied as previewed."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from deployments.access import deployment_to_view
from deployments.deployment_file import sealing
from deployments.models import Deployment, EnvironmentVariable
from deployments.variables.service import VariableInput, read_value, save_variables
from tests.deployments.deployment_file.files import NOTHING, RENAME, WITH_SECRET, apply_url, previewed
from tests.deployments.helpers import one, signed_in, text
from tests.factories import create_deployment, create_member
from tests.house.tables import dump
from workspaces.models import Role
from workspaces.principals import principal_for


@pytest.fixture
def seen(deployment, editor):
    save_variables(
        principal_for(editor),
        deployment,
        [VariableInput("LEVEL", "info"), VariableInput("TOKEN", "stored-secret", is_secret=True)],
    )
    return deployment_to_view(principal_for(editor), None, deployment.pk)


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
