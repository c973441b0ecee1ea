"""Opening a Workspace leads to its Deployments, for those who belong to it."""

import pytest

from tests.factories import create_workspace

NEVER_EXISTED = "c" + "0" * 24


@pytest.mark.parametrize("who", ["as_member", "as_admin", "as_owner"])
def test_a_workspace_opens_at_its_deployments(who, workspace, request):
    response = request.getfixturevalue(who).get(f"/{workspace.pk}")

    assert (response.status_code, response["Location"]) == (302, f"/{workspace.pk}/deployments")


@pytest.mark.threat("T-W7")
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_elsewhere_and_never_existed_are_the_same_bytes(as_member, headers):
    elsewhere = as_member.get(f"/{create_workspace().pk}", headers=headers)
    nowhere = as_member.get(f"/{NEVER_EXISTED}", headers=headers)

    assert (elsewhere.status_code, nowhere.status_code) == (404, 404)
    assert elsewhere.content == nowhere.content


@pytest.mark.parametrize("path", ["/c123", "/C" + "0" * 24, "/c" + "0" * 25, "/d" + "0" * 24])
def test_what_cannot_be_an_identifier_is_not_found(as_member, path):
    assert as_member.get(path).status_code == 404


def test_a_member_who_was_removed_finds_nothing_any_more(as_member, member, workspace):
    member.memberships.all().delete()

    assert as_member.get(f"/{workspace.pk}").status_code == 404


def test_a_signed_out_person_is_sent_to_sign_in_whether_it_exists_or_not(as_nobody, workspace):
    for identifier in (workspace.pk, NEVER_EXISTED):
        assert as_nobody.get(f"/{identifier}")["Location"] == f"/account/login/?next=/{identifier}"
