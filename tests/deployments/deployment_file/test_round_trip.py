"""A Deployment written as a file and read again is the same Deployment, whatever stands in it."""

import json
import string

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deployments.access import deployment_to_view
from deployments.deployment_file.apply import examine
from deployments.deployment_file.diff import preview
from deployments.deployment_file.reader import is_ambiguous
from deployments.deployment_file.render import _Dumper, render
from deployments.deployment_file.validation import parse
from deployments.details.alert_emails import set_alert_emails
from deployments.details.service import update_deployment
from deployments.models import Executor
from deployments.queues.service import QueueInput, replace_queues
from deployments.variables.service import VariableInput, save_variables
from deployments.variables.values import clean_value
from workspaces.principals import principal_for

# What other readers of YAML, or older ones, take for something other than text.
SURPRISES = [
    "", "no", "on", "y", "N", "true", "False", "null", "~", "0123", "1e3", "1_000", "0o17", "0x1F", "1:30",
    "2024-01-31", ".inf", "NaN", "=", "<<", "-", "- a", "? a", ": a", "a: b", "a #b", "#a", "&a", "*a", "!a", "%a",
    "@a", "`a", "'", '"', "\\", "[a", "{a", "|", ">", "a\nb", "a\n\n\n  b\n c", "\n a", "  a", "\ta", "a\tb\nc",
    "\u2028", "\x85a", "\x07", "\ufeff", "ü😀", "---", "...", "-----BEGIN KEY-----\nabc==\n-----END KEY-----",
]  # fmt: skip

keys = st.text(alphabet=string.ascii_uppercase + "_", min_size=1, max_size=8).map(lambda name: f"V{name}")
values = (
    st.sampled_from(SURPRISES)
    | st.text(alphabet=string.printable, max_size=40)
    | st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=40)
)
variables = st.dictionaries(keys, st.tuples(values, st.booleans()), max_size=4)


@pytest.fixture
def seen(deployment, editor):
    return deployment_to_view(principal_for(editor), None, deployment.pk)


@given(wanted=variables, form=st.sampled_from(["yaml", "json"]))
@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_variables_survive(seen, editor, wanted, form):
    save_variables(
        principal_for(editor),
        seen,
        [
            VariableInput(key, value if value.rstrip() or not is_secret else "x", is_secret)
            for key, (value, is_secret) in wanted.items()
        ],
    )

    document = parse(render(seen, file_format=form))

    assert preview(seen, document) == []
    plain = {key: clean_value(value) for key, (value, is_secret) in wanted.items() if not is_secret}
    assert {each.key: each.value for each in document.variables or () if not each.is_secret} == plain
    assert all(each.value == "" for each in document.variables or () if each.is_secret)


@example(text="a\n\x85b")
@given(text=values)
def test_no_text_is_taken_for_something_else(text):
    written = yaml.dump({"value": text}, Dumper=_Dumper, allow_unicode=True)

    assert yaml.safe_load(written) == {"value": text}
    bare = written.removeprefix("value: ").strip()
    assert bare[0] in "\"'|" or not is_ambiguous(bare)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_everything_at_once(seen, editor, form):
    principal = principal_for(editor)
    update_deployment(
        principal,
        seen,
        name="no",
        description="Two lines:\n- this  \n# and this",
        scheduler_au=12,
        scheduler_replicas=2,
        is_highly_available=True,
        ci_cd_enforced=True,
        dag_deploys_enabled=False,
    )
    replace_queues(
        principal,
        seen,
        [QueueInput("default", "small", 1, 5, 8), QueueInput("on", "small", 0, 10, 16)],
    )
    set_alert_emails(principal, seen, ["z@example.com", "a@example.com"])
    save_variables(principal, seen, [VariableInput("A", "1"), VariableInput("B", "secret", is_secret=True)])
    now = deployment_to_view(principal, None, seen.pk)

    text = render(now, file_format=form)

    assert examine(principal, now, text).changes == []
    assert examine(principal, now, text.replace("\n", "\r\n")).changes == []
    assert text == render(now, file_format=form)
    loaded = (json.loads if form == "json" else yaml.safe_load)(text)
    assert list(loaded["deployment"]) == [
        "environment_variables",
        "configuration",
        "worker_queues",
        "metadata",
        "alert_emails",
    ]
    assert loaded["deployment"]["configuration"]["name"] == "no"
    assert loaded["deployment"]["environment_variables"][1]["value"] == ""


def test_what_is_empty_is_left_out(seen):
    seen.worker_queues.all().delete()
    seen.executor = Executor.KUBERNETES

    loaded = yaml.safe_load(render(seen))["deployment"]

    assert list(loaded) == ["configuration", "metadata"]
    assert "is_high_availability" not in loaded["configuration"]
    assert loaded["metadata"]["deployment_id"] == seen.pk


def test_a_template_names_nobody_and_holds_no_secret(seen, editor):
    save_variables(
        principal_for(editor),
        seen,
        [VariableInput("A", "1"), VariableInput("SECRET_B", "hidden", is_secret=True)],
    )

    text = render(seen, is_template=True)

    loaded = yaml.safe_load(text)["deployment"]
    assert loaded["configuration"]["name"] == ""
    assert [each["key"] for each in loaded["environment_variables"]] == ["A"]
    assert "metadata" not in loaded
    assert seen.pk not in text
    assert "SECRET_B" not in text


def test_the_webserver_has_no_scheme(seen):
    seen.airflow_url = "https://airflow.example.com:8080/prod/"

    assert yaml.safe_load(render(seen))["deployment"]["metadata"]["webserver_url"] == (
        "airflow.example.com:8080/prod"
    )
