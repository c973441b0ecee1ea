"""Without a mail server a mail is a file, and who asked at the installation itself is told which."""

from types import SimpleNamespace

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from tests.factories import create_user
from tests.workspaces.sign_in.test_password import RESET

FILES = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def person(db):
    return create_user(email="person@example.com", full_name="Pia Person")


def test_without_a_mail_server_a_mail_is_a_file_in_the_data_directory(
    person, as_nobody, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = "cloudui.web.outbox.backend.EmailBackend"
    settings.OUTBOX_BACKEND, settings.OUTBOX_IN_BACKGROUND = FILES, False
    settings.EMAIL_FILE_PATH = tmp_path / "mail"

    with django_capture_on_commit_callbacks(execute=True):
        as_nobody.post(RESET, {"email": person.email})
    answer = as_nobody.get(f"{RESET}done/")

    (file,) = (tmp_path / "mail").iterdir()
    assert "/reset/key/" in file.read_text()
    assertContains(answer, f'The last one is in the file\n      <code translate="no">{file}</code>')


@pytest.mark.parametrize(
    "where",
    [
        {"PUBLIC": SimpleNamespace(is_local=False, is_https=False, host="testserver")},
        {"OUTBOX_BACKEND": "django.core.mail.backends.smtp.EmailBackend"},
    ],
    ids=["at another address", "with a mail server"],
)
def test_who_asks_from_afar_learns_of_no_file(as_nobody, settings, tmp_path, where):
    settings.OUTBOX_BACKEND = FILES
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "1.log").touch()
    for name, value in where.items():
        setattr(settings, name, value)

    answer = as_nobody.get(f"{RESET}done/")

    assertContains(answer, "Look in the spam folder")
    assertNotContains(answer, "1.log")
