"""An outsider gets 404 from every address in a Workspace; a Member gets 403 wherever something would change.

The table says the same line by line, but a table can be edited. These are rules.
"""

import re

import pytest

from tests.house.routes import FOR_MEMBERS, console, of_workspaces
from tests.house.walk import METHODS, Question

pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-W7")]

METHOD_NOT_ALLOWED = 405

# What an Editor changes.
EDITORS = {
    *FOR_MEMBERS,
    "deployments:alert_emails",
    "deployments:apply_document",
    "deployments:create",
    "deployments:delete",
    "deployments:delete_alert_email",
    "deployments:deploy",
    "deployments:edit",
    "deployments:edit_variables",
    "deployments:hibernate",
    "deployments:import_variables",
    "deployments:pause_dag",
    "deployments:queue_create",
    "deployments:queue_delete",
    "deployments:queue_edit",
    "deployments:restart",
    "deployments:roll_back",
    "deployments:transfer",
    "deployments:trigger_dag",
    "deployments:wake_up",
}


@pytest.fixture(params=[False, True], ids=["page", "htmx"])
def is_htmx(request):
    return request.param


def test_there_is_something_to_guard():
    assert len(of_workspaces()) > 10


@pytest.mark.parametrize("role", ["outsider", "operator"])
def test_whoever_does_not_belong_to_the_workspace_finds_nothing(walked, role, is_htmx):
    for route in of_workspaces():
        for method in METHODS:
            answer = walked.answers[Question(str(route), method, role, is_htmx)]

            # Which methods an address has is the same for everybody and says nothing about what is there.
            assert answer.status == _absent(walked, route, method), (str(route), method)


@pytest.mark.parametrize("role", ["member", "editor"])
def test_who_may_look_only_changes_nothing(walked, role, is_htmx):
    allowed = EDITORS if role == "editor" else FOR_MEMBERS
    for route in of_workspaces():
        answer = walked.answers[Question(str(route), "POST", role, is_htmx)]
        if answer.status == METHOD_NOT_ALLOWED:
            continue

        assert (answer.status == 403) != (route.name in allowed), str(route)


def test_a_refusal_says_why(walked):
    for question, answer in walked.answers.items():
        route = walked.routes[question.route]
        if answer.status == 403 and question.is_htmx and not route.is_for_programs:
            text = answer.body.decode()
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8", question
            assert re.match("Only an? .* can ", text), (question, text)


def test_only_an_owner_changes_what_belongs_to_no_workspace(walked):
    """The rest is a person's own."""
    own = {
        "workspaces:color_mode",
        "workspaces:sign_out_everywhere",
        "apikeys:token",
        "apikeys:authorize",
        "apikeys:end_grant",
    }
    for route in console():
        answer = walked.answers[Question(str(route), "POST", "admin", False)]
        if route.is_of_a_workspace or route.name in own or answer.status == METHOD_NOT_ALLOWED:
            continue

        assert answer.status == 403, str(route)


def _absent(walked, route, method):
    answers = {
        walked.answers[Question(str(route), method, role, False)].status for role in ("admin", "member")
    }
    return METHOD_NOT_ALLOWED if METHOD_NOT_ALLOWED in answers else 404
