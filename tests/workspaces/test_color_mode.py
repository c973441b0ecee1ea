"""The color mode in which a person sees every page: kept with the person, and never a way out of this site."""

import pytest

from tests.deployments.helpers import HX, page
from tests.workspaces.ways_out import WAYS_OUT
from workspaces.forms import ColorModeForm
from workspaces.models import AuditEvent, User

URL = "/color-mode"


def mode_of(user):
    user.refresh_from_db()
    return user.color_mode


@pytest.mark.parametrize("mode", ["light", "dark", "system"])
def test_the_chosen_mode_is_kept_and_the_next_page_has_it(as_member, member, mode):
    as_member.post(URL, {"color_mode": mode})

    assert mode_of(member) == mode
    assert page(as_member.get("/")).html["data-color-mode"] == mode


def test_the_page_that_was_open_comes_back(as_member):
    response = as_member.post(URL, {"color_mode": "dark", "next": "/c0/deployments?q=a&sort=name"})

    assert (response.status_code, response["Location"]) == (302, "/c0/deployments?q=a&sort=name")


@pytest.mark.threat("T-W9")
@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_url_leads_elsewhere(as_member, way):
    assert as_member.post(URL, {"color_mode": "dark", "next": way})["Location"] == "/"


@pytest.mark.parametrize("mode", ["", "pink", "DARK", "dark\x00"])
def test_a_mode_that_does_not_exist_changes_nothing(as_member, member, mode):
    response = as_member.post(URL, {"color_mode": mode})

    assert response.status_code == 302
    assert mode_of(member) == "system"


@pytest.mark.threat("T-W8")
def test_nothing_but_the_mode_changes(as_member, member):
    as_member.post(
        URL, {"color_mode": "dark", "organization_role": "owner", "is_staff": "on", "email": "x@y.zz"}
    )

    before = (member.email, member.security_stamp)
    member.refresh_from_db()
    assert (member.email, member.security_stamp) == before
    assert (member.organization_role, member.is_staff) == ("member", False)


@pytest.mark.threat("T-W12")
def test_what_is_taken_from_the_person_meanwhile_stays_taken(as_member, member, monkeypatch):
    is_valid = ColorModeForm.is_valid

    def meanwhile(form):
        # The request has read the person already.
        User.objects.filter(pk=member.pk).update(security_stamp="renewed", is_active=False, password="!")
        return is_valid(form)

    monkeypatch.setattr(ColorModeForm, "is_valid", meanwhile)
    as_member.post(URL, {"color_mode": "dark"})

    assert mode_of(member) == "dark"
    assert (member.security_stamp, member.is_active, member.password) == ("renewed", False, "!")


def test_htmx_reloads_the_page(as_member):
    assert as_member.post(URL, {"color_mode": "dark"}, headers=HX)["HX-Refresh"] == "true"


def test_a_preference_is_no_event_of_the_audit_log(as_member):
    as_member.post(URL, {"color_mode": "dark"})

    assert not AuditEvent.objects.exists()


def test_it_cannot_be_changed_by_following_a_link(as_member, member):
    assert as_member.get(URL, {"color_mode": "dark"}).status_code == 405
    assert mode_of(member) == "system"
