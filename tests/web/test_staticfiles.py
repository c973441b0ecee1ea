"""One style sheet is made of many, and one script: under a name with a digest when collected, as it is under DEBUG and in tests."""

import re
import shutil
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from cloudui.web.staticfiles import CONSOLE_MODULES, CONSOLE_SCRIPT, CONSOLE_SHEET

ORDER = ("@layer reset, base", ".visually-hidden", ".shell {", ".button {", ".audit-export {")


@pytest.fixture
def styles(settings, tmp_path):
    """The style sheets of an installation of its own, which may be changed."""
    directory = tmp_path / "static/css"
    shutil.copytree(settings.BASE_DIR / "static", directory.parent)
    settings.BASE_DIR, settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "var", tmp_path / "root"
    settings.STATICFILES_DIRS = [directory.parent]
    return directory


@pytest.fixture
def collect(styles, settings):
    """A function that collects and returns the sheet under its name with a digest."""
    backend = {"BACKEND": "cloudui.web.staticfiles.StaticFiles"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    # Without those of Django's admin site.
    settings.STATICFILES_FINDERS = settings.STATICFILES_FINDERS[:3]

    def collect(*already):
        call_command("collectstatic", verbosity=0, interactive=False)
        (sheet,) = {*settings.STATIC_ROOT.glob("css/console.*.css")} - {*already}
        return sheet

    return collect


def place():
    return Path(finders.find(CONSOLE_SHEET) or "")


def test_all_parts_are_found_as_one_sheet(styles):
    text = place().read_text(encoding="utf-8")

    places = [text.index(part) for part in ORDER]
    assert places == sorted(places)


def test_a_changed_part_is_found_at_once(styles):
    place()
    (styles / "components/fresh.css").write_text(".fresh { color: red }")

    assert ".fresh { color: red }" in place().read_text(encoding="utf-8")


def test_an_unchanged_sheet_is_not_written_again(styles):
    before = place().stat()

    after = place().stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert finders.find(CONSOLE_SHEET, find_all=True) == [str(place())]


def test_the_scripts_of_every_page_are_one_in_which_each_keeps_its_names(styles):
    text = Path(finders.find(CONSOLE_SCRIPT) or "").read_text(encoding="utf-8")

    scopes = re.findall(r"^\{\n(.*?)^\}\n", text, re.MULTILINE | re.DOTALL)
    assert len(scopes) >= len(CONSOLE_MODULES)
    assert not re.search(r"^\s*//", text, re.MULTILINE)
    # What one of them refuses must be refused before the others hear of it.
    assert text.index("Discard your changes?") < text.index("showModal")
    # They are statements only: a block can neither import nor export.
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)


def test_what_a_part_loads_is_found_from_the_whole(collect):
    sheet = collect()
    addresses = re.findall(r'url\("([^"]+)"\)', sheet.read_text())

    assert [re.sub(r"\.[0-9a-f]{12}", "", address) for address in addresses] == [
        "../fonts/inter.woff2",
        "../img/chevron.svg",
    ]
    assert all((sheet.parent / address).is_file() for address in addresses)


def test_a_changed_part_gives_the_whole_another_name(collect, styles):
    before = collect()
    (styles / "components/button.css").write_text(".button { color: red }")

    after = collect(before)

    assert ".button { color: red }" in after.read_text()
