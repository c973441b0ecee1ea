"""How soon a call ends whose key or person has ended."""

import asyncio

import pytest
from django.db import OperationalError
from django.utils import timezone

from apikeys.models import ApiKey, ApiKeySecret
from apikeys.tokens import access_tokens, revocation
from cloudui.web.principal import Kind, Principal
from deployments.airflow.gateway import admission, application, carrying
from tests.deployments.airflow.gateway.conftest import at_once
from tests.deployments.airflow.gateway.fake_airflow import response, says, with_tokens
from tests.deployments.airflow.gateway.visitor import until
from tests.factories import create_member, create_owner, disable_api_key
from workspaces.models import Membership, OrganizationRole, Role, User


def token_for(user):
    return access_tokens.mint_for_user(user)[0]


def _disable(key, **_):
    disable_api_key(key.key)


def _delete(key, **_):
    ApiKey.objects.filter(pk=key.key.pk).delete()


def _revoke(key, token, **_):
    caller = Principal(kind=Kind.API_KEY, id=key.key.pk, name="CI", deployment=key.key.deployment_id)
    revocation.revoke(caller, token)


def _end_secret(key, **_):
    ApiKeySecret.objects.filter(key=key.key).update(ended_at=timezone.now())


@pytest.fixture
def at_short_notice(monkeypatch):
    monkeypatch.setattr(application, "CONFIRM_SECONDS", 0.001)


ENDS = [_disable, _delete, _revoke, _end_secret]


@pytest.mark.parametrize("end", ENDS)
def test_a_key_that_ends_is_refused_on_the_next_call(play, key, token, end):
    async def scene(stage):
        before = await stage.call()
        await at_once(end)(key=key, token=token)
        return before.status, (await stage.call()).status

    assert play(scene, with_tokens(says())) == (200, 401)


async def _endless(received, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")
    await writer.drain()
    await received.reader.read()


async def _silent(received, writer):
    await received.reader.read()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("behave", "status"), [(_endless, 200), (_silent, 401)])
@pytest.mark.usefixtures("at_short_notice")
def test_a_key_that_ends_takes_what_is_under_way_along(play, key, token, end, behave, status):
    async def scene(stage):
        visit = stage.visit()
        await until(lambda: stage.fake.calls)
        if status == 200:
            await visit.arrived.wait()
        await at_once(end)(key=key, token=token)
        return await visit.task

    got = play(scene, with_tokens(behave))

    assert (got.status, got.was_cut) == (status, status == 200)


def _remove(person, workspace):
    Membership.objects.filter(user=person, workspace=workspace).delete()


def _degrade(person, workspace):
    Membership.objects.filter(user=person, workspace=workspace).update(role=Role.MEMBER)


def _deactivate(person, workspace):
    User.objects.filter(pk=person.pk).update(is_active=False)


def _sign_out(person, workspace):
    User.objects.filter(pk=person.pk).update(security_stamp="another")


@pytest.mark.parametrize("end", [_remove, _degrade, _deactivate, _sign_out])
@pytest.mark.usefixtures("at_short_notice")
def test_a_person_who_loses_the_role_loses_what_is_under_way(play, workspace, end):
    person = create_member(workspace=workspace, role=Role.EDITOR)

    async def scene(stage):
        visit = stage.visit(token=token_for(person))
        await visit.arrived.wait()
        await at_once(end)(person, workspace)
        return await visit.task

    assert play(scene, with_tokens(_endless)).was_cut


@pytest.mark.usefixtures("at_short_notice")
def test_an_owner_who_is_none_any_more_loses_it_too(play):
    owner = create_owner()

    async def scene(stage):
        visit = stage.visit(token=token_for(owner))
        await visit.arrived.wait()
        await at_once(User.objects.filter(pk=owner.pk).update)(organization_role=OrganizationRole.MEMBER)
        return await visit.task

    assert play(scene, with_tokens(_endless)).was_cut


@pytest.mark.usefixtures("at_short_notice")
def test_what_is_under_way_outlives_a_moment_without_a_database(play, key, monkeypatch):
    looked = []
    true = admission.confirm

    def confirm(*arguments):
        looked.append(True)
        if len(looked) < 3:
            raise OperationalError("the connection is closed")
        true(*arguments)

    monkeypatch.setattr(admission, "confirm", confirm)
    go_on = asyncio.Event()

    async def behave(received, writer):
        writer.write(response(200, b"xy")[:-1])
        await writer.drain()
        await go_on.wait()
        writer.write(b"y")

    async def scene(stage):
        visit = stage.visit()
        await until(lambda: len(looked) >= 4)
        go_on.set()
        return await visit.task

    got = play(scene, with_tokens(behave))

    assert (got.body, got.is_whole) == (b"xy", True)


@pytest.mark.usefixtures("at_short_notice")
def test_nothing_goes_on_for_long_while_nobody_can_say_whether_it_may(play, monkeypatch):
    is_away: list[bool] = []

    def confirm(*_):
        if is_away:
            raise OperationalError("the connection is closed")

    monkeypatch.setattr(admission, "confirm", confirm)
    monkeypatch.setattr(carrying, "DOUBT_SECONDS", 0)

    async def scene(stage):
        visit = stage.visit()
        await visit.arrived.wait()
        is_away.append(True)
        return await visit.task

    assert play(scene, with_tokens(_endless)).was_cut
