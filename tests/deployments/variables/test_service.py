"""Environment variables as a service: one complete set, saved in one step, values that nobody can read."""

import pytest

from cloudui.web.versions import StaleEdit
from deployments.models import Deployment
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import VariableInput, read_value
from tests.deployments.variables.pages import errors_of
from workspaces.models import AuditEvent


def changes():
    return AuditEvent.objects.latest("at").input["variables"]


def test_what_is_saved_is_shown_by_key_and_a_secret_without_its_value(save, stored):
    saved = save(
        VariableInput("REGION", "eu"),
        VariableInput("PASSWORD", "s3cret", is_secret=True),
        VariableInput("EMPTY", ""),
    )

    assert [(one.key, one.value, one.is_secret) for one in stored().values()] == [
        ("EMPTY", "", False),
        ("PASSWORD", "", True),
        ("REGION", "eu", False),
    ]
    assert (saved.variable_count, saved.variables_version) == (3, 2)
    assert Deployment.objects.values_list("variable_count", "variables_version").get() == (3, 2)


def test_the_set_is_complete_so_what_is_absent_is_deleted(save, stored):
    save(VariableInput("A", "1"), VariableInput("B", "2"))

    assert save(VariableInput("B", "2"), VariableInput("C", "3")).variable_count == len(stored()) == 2
    assert "A" not in stored()
    assert save().variable_count == len(stored()) == 0


def test_the_event_names_each_change_and_no_value(save):
    save(
        VariableInput("KEPT", "k"),
        VariableInput("GONE", "g"),
        VariableInput("TOKEN", "s3cret", is_secret=True),
    )
    save(
        VariableInput("KEPT", "k"),
        VariableInput("TOKEN", "s3cret2", is_secret=True),
        VariableInput("NEW", "s3cret3"),
    )

    assert changes() == [
        {"key": "GONE", "isSecret": False, "change": "deleted"},
        {"key": "NEW", "isSecret": False, "change": "added"},
        {"key": "TOKEN", "isSecret": True, "change": "changed"},
    ]
    event = AuditEvent.objects.latest("at")
    assert event.operation == "updateDeploymentVariables"
    assert event.target == event.deployment
    assert "s3cret" not in str(list(AuditEvent.objects.values()))


def test_saving_what_is_there_already_does_nothing(save, stored):
    first = save(VariableInput("A", "1"), VariableInput("TOKEN", "s3cret", is_secret=True))
    before = stored()

    again = save(VariableInput("A", "1  \n"), VariableInput("TOKEN", "", is_secret=True))

    assert again.variables_version == first.variables_version
    assert stored() == before
    assert AuditEvent.objects.filter(operation="updateDeploymentVariables").count() == 1


def test_only_what_changed_is_newer(save, stored):
    save(VariableInput("A", "1"), VariableInput("B", "2"))
    before = stored()

    save(VariableInput("A", "1"), VariableInput("B", "3"))

    assert stored()["A"].updated_at == before["A"].updated_at
    assert stored()["B"].updated_at > before["B"].updated_at


@pytest.mark.parametrize(
    ("typed", "kept"), [(None, "s3cret"), ("", "s3cret"), ("  \n", "s3cret"), ("s3cret-2", "s3cret-2")]
)
def test_a_secret_is_kept_if_it_is_blank_and_replaced_otherwise(save, deployment, typed, kept):
    save(VariableInput("TOKEN", "s3cret", is_secret=True))

    save(VariableInput("TOKEN", typed, is_secret=True), VariableInput("B", "2"))

    assert value_of(deployment, "TOKEN") == kept
    assert ({"key": "TOKEN", "isSecret": True, "change": "changed"} in changes()) == (kept != "s3cret")


def test_a_guessed_secret_is_not_told_to_be_right(save, stored):
    """To leave everything as it is when the value is the same would answer the guess."""
    first = save(VariableInput("TOKEN", "s3cret", is_secret=True))

    assert save(VariableInput("TOKEN", "s3cret", is_secret=True)).variables_version > first.variables_version


@pytest.mark.parametrize("blank", [None, ""])
def test_what_is_plain_may_become_secret_as_it_is(save, stored, deployment, blank):
    save(VariableInput("TOKEN", "s3cret"))

    save(VariableInput("TOKEN", blank, is_secret=True))

    assert (stored()["TOKEN"].value, stored()["TOKEN"].is_secret) == ("", True)
    assert value_of(deployment, "TOKEN") == "s3cret"


@pytest.mark.parametrize("blank", [None, "", " "])
def test_what_is_secret_becomes_plain_with_a_new_value_only(save, stored, blank):
    save(VariableInput("TOKEN", "s3cret", is_secret=True))

    assert errors_of(save, VariableInput("TOKEN", blank)) == {
        "TOKEN": ["Enter a new value: what was secret is never shown."]
    }
    assert stored()["TOKEN"].is_secret

    save(VariableInput("TOKEN", "public"))
    assert (stored()["TOKEN"].value, stored()["TOKEN"].is_secret) == ("public", False)


@pytest.mark.parametrize(
    "wanted",
    [VariableInput("A", None), VariableInput("A", "", is_secret=True), VariableInput("A", None, True)],
)
def test_a_new_one_needs_a_value(save, wanted):
    assert errors_of(save, wanted) == {"A": ["Enter a value."]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (None, "1"),
        ("", ""),
        ("a b  ", "a b"),
        ("\ta\t", "\ta"),
        ("one\ntwo\r\n", "one\ntwo\n"),
        ("   ", ""),
        ("🦉 ß\u2003", "🦉 ß"),
        ("ü" * 16 * 1024, "ü" * 16 * 1024),
    ],
    ids=range(8),
)
def test_a_plain_value_is_kept_without_white_space_at_its_end(save, stored, typed, kept):
    save(VariableInput("A", "1"))

    save(VariableInput("A", typed))

    assert stored()["A"].value == kept


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a\0b", "Remove the null character: no program can receive it."),
        ("\ud800", "Remove what is no character of Unicode."),
        ("ü" * 16 * 1024 + "x", "Use at most 32,768 bytes; this has 32,769."),
    ],
    ids=["null", "half a character", "size"],
)
def test_values_that_no_program_can_receive_are_refused(save, value, error):
    assert errors_of(save, VariableInput("A", value)) == {"A": [error]}


def test_at_most_500(save, stored):
    save(*(VariableInput(f"KEY_{number}", "x") for number in range(500)))
    assert len(stored()) == 500

    assert errors_of(save, *(VariableInput(f"KEY_{number}", "x") for number in range(501))) == {
        "__all__": ["A Deployment has at most 500 variables; these are 501."]
    }


def test_all_values_together_have_a_limit_too(save):
    eight = [VariableInput(f"KEY_{number}", "x" * 32 * 1024) for number in range(8)]
    save(*eight)

    [refusal] = errors_of(save, *eight, VariableInput("ONE", "y"))["__all__"]
    assert refusal.startswith("All values together have at most 262,144 bytes; these have 262,145.")


def test_every_error_is_told_at_once_and_nothing_is_saved(save, stored):
    save(VariableInput("KEPT", "1"))

    found = errors_of(
        save,
        VariableInput("TWICE", "1"),
        VariableInput("TWICE", "2"),
        VariableInput("9", "1"),
        VariableInput("", "1"),
        VariableInput("PATH", "/tmp"),
        VariableInput("GOOD", "1"),
        VariableInput("twice", "not the same key"),
    )

    assert set(found) == {"TWICE", "9", "", "PATH"}
    assert found["TWICE"] == ["This key stands here more than once. Keep one of them."]
    assert list(stored()) == ["KEPT"]
    assert AuditEvent.objects.filter(operation="updateDeploymentVariables").count() == 1


def test_a_stale_version_is_told_with_what_is_there_now(save, stored):
    save(VariableInput("A", "1"), version=1)

    with pytest.raises(StaleEdit, match=r"^The environment variables were changed meanwhile\.$") as stale:
        save(VariableInput("A", "2"), version=1)

    assert stale.value.current.variables_version == stale.value.version == 2
    assert stored()["A"].value == "1"
    save(VariableInput("A", "2"), version=2)
    assert stored()["A"].value == "2"


def value_of(deployment, key):
    return read_value(EnvironmentVariable.objects.get(deployment=deployment, key=key))
