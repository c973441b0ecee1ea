"""The value of a secret variable is nowhere but in the process of saving it: not in what is kept, told or shown."""

import logging
import sys

import pytest
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client
from django.views.debug import ExceptionReporter

from deployments.models import Deployment
from deployments.models.variable import EnvironmentVariable
from deployments.variables.service import read_value
from tests.deployments.helpers import HX, signed_in, url
from tests.deployments.variables.pages import edit_url, fields, list_url, open_form, send, type_value
from tests.factories import create_deployment, create_member, create_workspace
from tests.house.flow import Listener, forms_of
from tests.house.tables import dump
from workspaces.models import AuditEvent, Role

# What follows the dot is looked for, in every form that it could have.
SECRETS = [f"typed.Q7variableS3cretNumber{number}x0192837465" for number in range(5)]
FORMS = [form for secret in SECRETS for form in forms_of(secret)]


def lived_through(editor: Client, member: Client, deployment: Deployment) -> list[bytes]:
    """Everything that can be done with secret variables, and every answer."""
    answers = []

    def keep(response):
        answers.append(response.content)
        return response

    sent = open_form(editor, deployment)
    type_value(sent, "FIRST", SECRETS[0], secret=True)
    added = keep(send(editor, deployment, sent, add="1"))
    again = fields(added)
    type_value(again, "PATH", SECRETS[1], secret=True)
    refused = fields(keep(send(editor, deployment, again)))
    refused["key"][refused["key"].index("PATH")] = "SECOND"
    assert keep(send(editor, deployment, refused)).status_code == 302
    # Two windows: one saves, the other meets it and decides for its own.
    one, two = open_form(editor, deployment), open_form(editor, deployment)
    type_value(one, "FIRST", SECRETS[2])
    assert keep(editor.post(edit_url(deployment), one, headers=HX)).status_code == 200
    type_value(two, "FIRST", SECRETS[3])
    merged = keep(editor.post(edit_url(deployment), two, headers=HX))
    assert merged.status_code == 409
    assert keep(send(editor, deployment, {**fields(merged), "choice-0": ["mine"]})).status_code == 302
    imported = {"text": f"NEW={SECRETS[4]}\nSECOND={SECRETS[4]}\n", "are_secret": "on"}
    preview = keep(editor.post(url("deployments:import_variables", deployment), imported))
    assert keep(send(editor, deployment, fields(preview))).status_code == 302
    wrong = {"text": f"NEW={SECRETS[4]}\nnonsense {SECRETS[4]}\n"}
    assert keep(editor.post(url("deployments:import_variables", deployment), wrong)).status_code == 422
    names = ("variables", "edit_variables", "export_variables", "activity", "details", "download_document")
    for name in names:
        assert keep(editor.get(url(f"deployments:{name}", deployment))).status_code == 200
    keep(member.get(list_url(deployment), headers=HX))
    stored = {row.key: read_value(row) for row in EnvironmentVariable.objects.all()}
    assert stored == {"FIRST": SECRETS[3], "SECOND": SECRETS[4], "NEW": SECRETS[4]}
    return answers


@pytest.mark.django_db(transaction=True)
@pytest.mark.threat("T-S1")
@pytest.mark.threat("T-S4")
def test_no_answer_log_event_table_or_file_holds_a_secret():
    workspace = create_workspace()
    deployment = create_deployment(workspace=workspace)
    editor = signed_in(create_member(workspace=workspace, role=Role.EDITOR))
    member = signed_in(create_member(workspace=workspace))
    lines: list[str] = []
    listener, root = Listener(lines), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        answers = lived_through(editor, member, deployment)
    finally:
        connection.force_debug_cursor = False
        root.setLevel(level)
        root.removeHandler(listener)

    assert any("deployments_environmentvariable" in line for line in lines), "SQL was not logged"
    assert AuditEvent.objects.filter(operation="updateDeploymentVariables").count() == 4
    tables = [
        repr(rows).encode() + b"".join(value for row in rows for value in row if isinstance(value, bytes))
        for rows in dump().values()
    ]
    files = [path.read_bytes() for path in settings.DATA_DIR.rglob("*") if path.is_file()]
    for place, contents in {
        "answers": answers,
        "log": [line.encode() for line in lines],
        "tables": tables,
        "files": files,
    }.items():
        everything = b"\n".join(contents).lower()
        assert not [form for form in FORMS if form in everything], place


@pytest.mark.django_db
@pytest.mark.threat("T-S5")
@pytest.mark.parametrize(
    "place",
    [
        "deployments.variables.service.events.record",
        "deployments.variables.service._write",
        "deployments.variables.service.seal_value",
        "deployments.variables.forms.drafts.seal",
        "deployments.variables.views.finish",
    ],
)
def test_the_report_of_an_error_holds_no_value(editor, deployment, monkeypatch, place):
    client = Client(raise_request_exception=False)
    client.force_login(editor)
    sent = open_form(client, deployment)
    type_value(sent, "FIRST", SECRETS[0], secret=True)
    reports = []

    def fail(*args, **kwargs):
        raise RuntimeError

    def report(request, **kwargs):
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    monkeypatch.setattr(place, fail)
    got_request_exception.connect(report)
    try:
        assert send(client, deployment, sent).status_code == 500
    finally:
        got_request_exception.disconnect(report)

    assert len(reports) == 1
    assert SECRETS[0].rsplit(".", 1)[1] not in reports[0]
