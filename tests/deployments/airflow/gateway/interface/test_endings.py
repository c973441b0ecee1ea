"""How soon a visit ends when the sign-in or the role has ended."""

import jwt
import pytest
from django.urls import reverse

from deployments.airflow.gateway import interface
from deployments.models import Airflow, Ground
from tests.deployments.airflow.gateway.conftest import at_once
from tests.deployments.airflow.gateway.fake_airflow import says
from tests.deployments.airflow.gateway.interface.conftest import HOST, ask
from workspaces.models import Membership, Role, User


def _remove(person, browser):
    Membership.objects.filter(user=person).delete()


def _deactivate(person, browser):
    User.objects.filter(pk=person.pk).update(is_active=False)


def _sign_out_everywhere(person, browser):
    User.objects.filter(pk=person.pk).update(security_stamp="another")


def _sign_out(person, browser):
    browser.post(reverse("account_logout"))


def _disconnect(person, browser):
    Airflow.objects.update(ground=Ground.CONNECTED)


ENDS = [(_remove, 401), (_deactivate, 401), (_sign_out_everywhere, 401), (_sign_out, 401), (_disconnect, 404)]


@pytest.mark.parametrize(("end", "status"), ENDS)
def test_a_visit_ends_with_what_it_came_from(play, cookie, person, browser, monkeypatch, end, status):
    monkeypatch.setattr(interface, "SURE_SECONDS", 0)

    async def scene(stage):
        before = await ask(stage, "/", cookie)
        await at_once(end)(person, browser)
        return before.status, (await ask(stage, "/", cookie)).status

    assert play(scene, says()) == (200, status)


def test_nobody_is_believed_for_longer_than_a_minute():
    assert interface.SURE_SECONDS < 60


@pytest.mark.parametrize(("end", "status"), ENDS)
def test_what_is_under_way_ends_too(play, cookie, person, browser, monkeypatch, end, status):
    monkeypatch.setattr(interface, "SURE_SECONDS", 0.001)

    async def behave(received, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")
        await writer.drain()
        await received.reader.read()

    async def scene(stage):
        visit = stage.visit("/log", at="", token="", headers=[("host", HOST), ("cookie", cookie)])
        await visit.arrived.wait()
        await at_once(end)(person, browser)
        return await visit.task

    assert play(scene, behave).was_cut


def test_another_role_is_another_token_at_once_or_soon(play, cookie, person, monkeypatch):
    monkeypatch.setattr(interface, "SURE_SECONDS", 0)

    async def scene(stage):
        await ask(stage, "/", cookie)
        await at_once(Membership.objects.filter(user=person).update)(role=Role.ADMIN)
        await ask(stage, "/", cookie)
        tokens = [each.header("authorization").removeprefix("Bearer ") for each in stage.fake.received]
        return [jwt.decode(each, options={"verify_signature": False})["role"] for each in tokens]

    assert play(scene, says()) == ["user", "admin"]


@pytest.mark.parametrize("path", sorted(interface.SIGN_OUTS))
def test_signing_out_of_airflow_ends_the_visit_and_leads_back(play, cookie, path):
    async def scene(stage):
        left = await ask(stage, path, cookie)
        return left, await ask(stage, "/", cookie), stage.fake

    left, after, fake = play(scene, says())

    assert (left.status, left.header("location"), after.status) == (303, "http://localhost:8871", 401)
    assert 'console_airflow=""' in left.header("set-cookie")
    assert fake.received == []
