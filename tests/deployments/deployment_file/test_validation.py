"""Reading a Deployment file: every mistake is named by line and field, all at once, and nothing crashes."""

import json
import re
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.deployment_file.problems import Problem
from deployments.deployment_file.reader import MAX_BYTES
from deployments.deployment_file.validation import parse, read
from tests.deployments.deployment_file.files import problems_of
from tests.house.conventions import ROOT


def test_all_mistakes_are_told_at_once():
    text = """\
environment_variables:
  - is_secret: false
    key: FOO
    value: no
  - key: BAR
    is_secret: yes
    value: "x"
  - key: FOO
    value: 0123
  - kye: X
    value: a
  - is_secret: false
    key: EMPTY
configuration:
  nmae: foo
  name: 12
  executor: Celery
  scheduler_au: 200
  scheduler_count: 05
  dag_deploy_enabled: "true"
  name: again
  description: [a]
worker_queues:
  - name: default
    max_worker_count: 0x10
  - worker_type: small
alert_emails: a@example.com
alert_email: []
"""

    assert problems_of(text) == [
        (4, "environment_variables[0].value", "The value must be a text in quotes."),
        (6, "environment_variables[1].is_secret", "This must be true or false."),
        (8, "environment_variables[2].key", "This key stands here twice, first in line 3."),
        (9, "environment_variables[2].value", "The value must be a text in quotes."),
        (10, "environment_variables[3].kye", "“kye” is not a field of an environment variable."),
        (10, "environment_variables[3].key", "This variable has no key."),
        (12, "environment_variables[4].value", "This variable has no value."),
        (15, "configuration.nmae", "“nmae” is not a field of configuration."),
        (16, "configuration.name", "This must be a text in quotes."),
        (17, "configuration.executor", "There is no such executor."),
        (18, "configuration.scheduler_au", "200 is outside the limits."),
        (19, "configuration.scheduler_count", "This must be a whole number."),
        (20, "configuration.dag_deploy_enabled", "This must be true or false."),
        (21, "configuration.name", "“name” stands here twice, first in line 16."),
        (22, "configuration.description", "A text is expected here."),
        (25, "worker_queues[0].max_worker_count", "This must be a whole number."),
        (26, "worker_queues[1].name", "This worker queue has no name."),
        (27, "alert_emails", "A list is expected here."),
        (28, "alert_email", "“alert_email” is not a field of a Deployment file."),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "There is nothing in it."),
        ("  \n# nothing\n", 0, "There is nothing in it."),
        ("just text", 1, "Fields are expected here."),
        ("- a", 1, "Fields are expected here."),
        ("alert_emails: []\n---\nalert_emails: []", 2, "A second document begins here."),
        ("alert_emails: &a []", 1, "Anchors (&name) are not supported."),
        ("alert_emails:\n  - *a", 2, "Aliases (*name) are not supported."),
        ("alert_emails: !!python/name:os.system []", 1, "Tags (!name) are not supported."),
        ("? [a]\n: b", 1, "A field's name must be a text."),
        ("configuration:\n\tname: a", 2, "A tab or a special character stands where none may."),
        ("configuration:\n  name: a: b", 2, "A colon stands where none may."),
        ("configuration:\n  name: a\n  other\n", 4, "A field has no colon after its name."),
        ('configuration: {name: "a', 1, "A quotation mark or a bracket is not closed."),
        ('configuration: {name: "\\q"}', 1, "There is no such escape after a backslash."),
        ("alert_emails: [a\nx: b", 2, "The indentation, a comma or a bracket is not as it should be."),
        ("alert_emails:\n", 1, "It is not clear whether this means none or no change."),
        ("deployment:\n  alert_emails: null\n", 2, "It is not clear whether this means none or no change."),
        ("configuration:\n  name: a\0b", 2, "The character U+0000 cannot stand in a file."),
        ("configuration:\n  name: a\x1bb", 2, "The character U+001B cannot stand in a file."),
        ('configuration:\n  name: "a\\u202eb"', 2, "This has a character that cannot be seen."),
        (b"configuration:\n  name: a\xffb", 2, "This line is not UTF-8 text."),
        ("[" * 50, 1, "This is nested too deeply."),
        ("[" * 100_000, 1, "This is not valid YAML."),
        ("- a\n" * 30_000, 20_000, "There is more in this than a Deployment can have."),
        ("#" * (MAX_BYTES + 1), 0, "The file has 262,145 bytes."),
        ("configuration:\n  name: " + "x" * 101, 2, "This has 101 characters."),
        ('{"alert_emails": [1,}', 1, "This is not valid JSON: Expecting value."),
        ('{\n"alert_emails": []', 2, "This is not valid JSON: Expecting ',' delimiter."),
        ('{\n"alert_emails": [],\n"alert_emails": []}', 3, "“alert_emails” stands here twice, first in line 2."),
        ('{"configuration": {"name": "\\ud83d"}}', 1, "This is not valid YAML."),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line(text, line, message):
    problems = problems_of(text)

    assert (line, message) in [(at, said) for at, _, said in problems]


@pytest.mark.parametrize(
    "value",
    ["no", "On", "y", "N", "yes", "true", "0123", "1", "1.5", "1e3", "0x1f", "0o17", "1_000", "12:30:45", "2024-01-31", ".inf", "="],
)  # fmt: skip
def test_a_value_that_yaml_may_take_for_something_else_needs_quotes(value):
    text = "environment_variables:\n  - key: A\n    value: "

    assert problems_of(text + value) == [
        (3, "environment_variables[0].value", "The value must be a text in quotes.")
    ]
    for quote in "\"'":
        assert parse(f"{text}{quote}{value}{quote}").variables[0].value == value


def test_json_is_read_with_its_own_peculiarities():
    given = {
        "deployment": {"configuration": {"name": "a/b 😀", "description": "x\ty"}, "alert_emails": ["a@b.de"]}
    }
    for text in (
        json.dumps(given),
        json.dumps(given, indent="\t"),
        json.dumps(given, ensure_ascii=False, separators=(",", ":")),
        json.dumps(given).replace("/", "\\/"),
    ):
        document = parse(text)
        assert document.configuration == given["deployment"]["configuration"]
        assert document.alert_emails == ("a@b.de",)
        assert document.source.format == "json"


def test_breaks_of_lines_that_are_none_in_json():
    value = "a\u2028 b\u2029 c\x85 d"
    text = json.dumps({"environment_variables": [{"key": "A", "value": value}], "x": 1}, ensure_ascii=False)

    reading = read(text)

    assert reading.variables[0].value == value
    assert [problem.column for problem in reading.problems] == [text.index('"x"') + 1]


def test_columns_are_those_of_the_text_as_given():
    text = '{"configuration": {"name": "\\ud83d\\ude00", "nmae": 1}}'

    [problem] = read(text).problems

    assert (problem.line, problem.column) == (1, text.index('"nmae"') + 1)


def test_lines_are_counted_as_editors_do():
    text = "environment_variables:\r\n- key: A\r\n  value: 'a\u2028 b\x85 c'\r\nconfiguration: {nmae: x}\r\n"

    [problem] = read(text).problems

    assert (problem.line, problem.column) == (4, 17)


@pytest.mark.parametrize("end", ["---", "---\n", "---\n\n# the end\n", "...\n---\n", "---\n---\n"])
def test_hyphens_at_the_end_begin_no_second_document(end):
    assert parse(f"configuration:\n  scheduler_au: 7\n{end}").configuration == {"scheduler_au": 7}


@pytest.mark.parametrize("value", ["C:\\Users", "\\d+", "\\x4", "\\u12"])
def test_a_bad_escape_is_said_to_be_one(value):
    [problem] = read(f'configuration:\n  description: "{value}"\n').problems

    assert (problem.line, problem.message) == (2, "There is no such escape after a backslash.")
    assert problem.remedy == "Write two backslashes, or use single quotes."
    assert parse(f"configuration:\n  description: '{value}'\n").configuration == {"description": value}


def test_sections_may_stand_below_deployment_as_the_cli_writes_them():
    bare = parse("configuration:\n  scheduler_au: 7\n")
    wrapped = parse("deployment:\n  configuration:\n    scheduler_au: 7\n")

    assert bare.configuration == wrapped.configuration == {"scheduler_au": 7}


def test_what_is_not_said_stays_as_it_is():
    document = parse('configuration:\n  name: ""\n  scheduler_au: 0\n  scheduler_count:\n  description: ""\n')

    assert document.configuration == {"description": ""}
    assert (document.variables, document.queues, document.alert_emails) == (None, None, None)


def test_a_misspelt_field_is_answered_with_the_nearest_one():
    [problem] = read("configuration:\n  sheduler_au: 5\n").problems

    assert problem == Problem(
        message="“sheduler_au” is not a field of configuration.",
        remedy="Did you mean “scheduler_au”?",
        field="configuration.sheduler_au",
        line=2,
        column=3,
        source="",
    )


def test_the_example_of_the_documentation_is_right():
    [example] = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs/deployments-as-code.md").read_text(), re.DOTALL
    )

    document = parse(example)

    assert [each.key for each in document.variables] == ["LOG_LEVEL", "WAREHOUSE_PASSWORD"]
    assert yaml.safe_load(example)["deployment"]["configuration"] == document.configuration


@given(st.text() | st.binary())
@settings(max_examples=300)
def test_any_text_is_answered(given):
    reading = read(given)

    assert all(problem.message for problem in reading.problems)


WORDS = [
    "environment_variables", "configuration", "worker_queues", "alert_emails", "metadata", "deployment", "key", "value",
    "is_secret", "name", "true", "5", ":", ": ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", '"', "'", ",", "|",
    ">", "&a", "*a", "!t", "---", "...", "#", "?", "\t", "\r\n", "\u2028", "\\u", "\\ud800", "~", "%", "<<", "\ufeff",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
@settings(max_examples=500)
def test_any_text_of_the_words_of_a_file_is_answered(text):
    reading = read(text)

    assert all(0 <= problem.line <= text.count("\n") + text.count("\r") + 1 for problem in reading.problems)


PIECES = [
    "[", "{", "- ", "? ", "a: {", "'", "a\n", "&a ", "- a\n", "{a: 1},", "#", "|\n ", '{"' + '\\"' * MAX_BYTES,
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece[:9])
def test_a_large_text_is_answered_quickly(piece):
    begun = time.process_time()

    read((piece * (MAX_BYTES // len(piece) + 1))[:MAX_BYTES])

    assert time.process_time() - begun < 5
