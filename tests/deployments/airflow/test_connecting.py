"""Connecting an Airflow that exists: what is tried, what each failure says, and looking at it from then on."""

import io
import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from cloudui.web.principal import system_principal
from deployments.airflow import health, waiting
from deployments.airflow.accounts import Account, unseal
from deployments.airflow.connecting import clean_base_url, try_airflow, with_kept_passwords
from deployments.airflow.service import connect_as_operator
from deployments.models import Airflow, AirflowAuth, AirflowRole, Deployment, Ground, Status
from tests.deployments.airflow.connected import ACCOUNTS, connected
from tests.factories import create_deployment, create_runtime
from tests.fake_airflow import PASSWORDS, FakeAirflow, running
from workspaces import audit


@pytest.fixture
def deployment(workspace, fake):
    """With the runtime of the fake."""
    return create_deployment(
        workspace=workspace,
        name="Production",
        release_name="bright-comet-1234",
        runtime=create_runtime(airflow_version=fake.version),
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://airflow.example.com/", "https://airflow.example.com"),
        (" http://10.0.0.1:8080/prod/ ", "http://10.0.0.1:8080/prod"),
    ],
)
def test_an_address_loses_what_it_does_not_need(text, url):
    assert clean_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "ftp://airflow.example.com",
        "https://user:password@airflow.example.com",
        "https://airflow.example.com/?x=1",
        "https://airflow.example.com/api/v2",
        "https://airflow.example.com/home",
        "http://[::1",
        f"https://airflow.example.com/{'x' * 200}",
    ],
)
def test_a_wrong_address_is_refused(text):
    with pytest.raises(ValidationError):
        clean_base_url(text)


def test_the_right_airflow_is_found(deployment, fake):
    found = try_airflow(deployment, fake.base_url + "/", AirflowAuth.ACCOUNTS, ACCOUNTS)

    assert (found.base_url, found.version, found.accounts) == (fake.base_url, fake.version, ACCOUNTS)


def break_off(fake, deployment):
    fake.base_url = "http://127.0.0.1:1"


def redirect(fake, deployment):
    for path in ("/api/v1/version", "/api/v2/version"):
        fake.instead[path] = (302, "", {"Location": "https://sso.example.com/"})


def be_a_page(fake, deployment):
    for path in ("/api/v1/version", "/api/v2/version"):
        fake.instead[path] = (200, "<html>", {})


def be_nothing(fake, deployment):
    for path in ("/api/v1/version", "/api/v2/version"):
        fake.instead[path] = (404, "", {})


def be_old(fake, deployment):
    for path in ("/api/v1/version", "/api/v2/version"):
        fake.instead[path] = (200, '{"version": "1.10.15"}', {})


def be_of_another_runtime(fake, deployment):
    deployment.runtime.airflow_version = "3.0.0" if fake.version.startswith("2") else "2.11.2"


FAILURES = [
    (break_off, "Nothing listens at its address."),
    (redirect, "redirects to https://sso.example.com/."),
    (be_a_page, "is no Airflow"),
    (be_nothing, "it has neither /api/v1 nor /api/v2"),
    (be_old, "It says that it is Airflow 1.10.15"),
    (be_of_another_runtime, "the runtime of this Deployment is based on Airflow"),
]


@pytest.mark.parametrize(("fail", "words"), FAILURES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_airflow_is_told_beside_its_address(deployment, fake, fail, words):
    fail(fake, deployment)

    with pytest.raises(ValidationError) as refused:
        try_airflow(deployment, fake.base_url, AirflowAuth.ACCOUNTS, ACCOUNTS)

    assert words in refused.value.message_dict["base_url"][0]


def test_a_wrong_password_is_told_beside_its_role(deployment, fake):
    fake.passwords["console-op"] = "another"

    with pytest.raises(ValidationError) as refused:
        try_airflow(deployment, fake.base_url, AirflowAuth.ACCOUNTS, ACCOUNTS)

    (sentence,) = refused.value.message_dict["op"]
    assert sentence.startswith("Op: Airflow refuses the user name or the password of the service account")


def test_one_that_does_not_answer_is_told_in_time(deployment, fake, monkeypatch):
    monkeypatch.setattr(waiting, "PAGE_SECONDS", 0.2)
    fake.answers.clear()

    with pytest.raises(ValidationError, match="does not answer within 2 seconds"):
        try_airflow(deployment, fake.base_url, AirflowAuth.ACCOUNTS, ACCOUNTS)


def test_no_account_at_all_is_refused_unless_the_auth_manager_is_there(deployment, fake):
    with pytest.raises(ValidationError, match="at least one role"):
        try_airflow(deployment, fake.base_url, AirflowAuth.ACCOUNTS, {})

    assert try_airflow(deployment, fake.base_url, AirflowAuth.AUTH_MANAGER, {}).accounts == {}


def test_an_empty_password_keeps_that_of_the_same_user(deployment, fake):
    airflow = connected(deployment, fake)
    typed = {AirflowRole.OP: ("console-op", ""), AirflowRole.ADMIN: ("root", "new")}

    assert with_kept_passwords(airflow, typed) == {
        AirflowRole.OP: ACCOUNTS[AirflowRole.OP],
        AirflowRole.ADMIN: Account("root", "new"),
    }
    with pytest.raises(ValidationError, match="Enter the password of the service account for the role Op"):
        with_kept_passwords(airflow, {AirflowRole.OP: ("somebody", "")})


@pytest.fixture
def accounts_file(tmp_path):
    def accounts_file(passwords):
        path = tmp_path / "accounts.json"
        accounts = {
            name.removeprefix("console-"): {"username": name, "password": password}
            for name, password in passwords.items()
        }
        path.write_text(json.dumps(accounts))
        return str(path)

    return accounts_file


def test_the_command_connects_and_says_how_it_is(deployment, fake, accounts_file):
    out = io.StringIO()

    call_command(
        "connect_airflow", "bright-comet-1234", fake.base_url, accounts=accounts_file(PASSWORDS), stdout=out
    )

    airflow = Airflow.objects.select_related("deployment").get()
    assert out.getvalue() == f"Production is connected to Airflow {fake.version} at {fake.base_url}.\n"
    assert (airflow.ground, airflow.version) == (Ground.CONNECTED, fake.version)
    assert unseal(airflow) == ACCOUNTS
    assert airflow.deployment.status == Status.HEALTHY


def test_the_command_keeps_nothing_that_is_wrong(deployment, fake, accounts_file):
    wrong = accounts_file({**PASSWORDS, "console-op": "wrong"})

    with pytest.raises(CommandError, match="Op: Airflow refuses"):
        call_command("connect_airflow", deployment.pk, fake.base_url, accounts=wrong)

    assert not Airflow.objects.exists()


@pytest.mark.parametrize("text", ["", "[]", '{"viewer": {}}', '{"boss": {"username": "a", "password": "b"}}'])
def test_the_command_says_how_accounts_are_written(deployment, tmp_path, text):
    (tmp_path / "accounts").write_text(text)

    with pytest.raises(CommandError, match="must look like"):
        call_command(
            "connect_airflow", deployment.pk, "http://localhost:1", accounts=str(tmp_path / "accounts")
        )


def test_the_command_disconnects(deployment, fake):
    connected(deployment, fake)
    out = io.StringIO()

    for _ in range(2):
        call_command("connect_airflow", deployment.pk, disconnect=True, stdout=out)

    assert out.getvalue().splitlines() == ["Disconnected.", "There was no Airflow to disconnect."]
    assert not Airflow.objects.exists()


def test_housekeeping_looks_at_all_of_them_and_a_dead_one_stops_none(
    workspace, deployment, fake, monkeypatch
):
    monkeypatch.setattr(waiting, "PAGE_SECONDS", 3)
    connected(deployment, fake)
    runtime = create_runtime(airflow_version=fake.version)
    ill, gone, silent = (create_deployment(workspace=workspace, runtime=runtime) for _ in range(3))
    with running(FakeAirflow(fake.version)) as other, running(FakeAirflow(fake.version)) as mute:
        other.health["scheduler"]["status"] = "unhealthy"
        mute.answers.clear()
        connected(ill, other)
        connected(silent, mute)
        connected(gone, fake)
        Airflow.objects.filter(pk=gone.pk).update(base_url="http://127.0.0.1:1")

        health.check_connected()

    seen = {row.pk: (row.status, row.airflow.reason) for row in Deployment.objects.select_related("airflow")}
    assert seen[deployment.pk] == (Status.HEALTHY, "")
    assert seen[ill.pk][1] == "Airflow has not heard from its scheduler since 24 November, 20:00 UTC."
    assert seen[silent.pk] == (Status.UNHEALTHY, "Airflow does not answer within 2 seconds.")
    assert seen[gone.pk] == (
        Status.UNHEALTHY,
        "Airflow cannot be reached. Nothing listens at its address.",
    )
    assert Airflow.objects.get(pk=deployment.pk).components == [
        {"name": "metadatabase", "state": "running", "detail": ""},
        {"name": "scheduler", "state": "running", "detail": ""},
    ]


def test_a_new_version_is_noticed(deployment, fake):
    connected(deployment, fake)
    fake.version = fake.version.replace(".2", ".9")

    health.check_connected()

    assert Airflow.objects.get().version == fake.version


@pytest.mark.parametrize(
    ("started", "needs_restart"), [("2026-01-01T00:00:00+00:00", True), ("2999-01-01T00:00:00+00:00", False)]
)
def test_a_restart_is_seen_where_airflow_tells(workspace, fake3, started, needs_restart):
    deployment = create_deployment(workspace=workspace, runtime=create_runtime(airflow_version="3.3.2"))
    connected(deployment, fake3)
    Deployment.objects.filter(pk=deployment.pk).update(variables_version=7)
    by = system_principal("tests")
    audit.record(by, "updateDeploymentVariables", deployment=deployment.pk, target=deployment.pk, input={})
    fake3.schedulers.append(started)

    health.check_connected()

    airflow = Airflow.objects.select_related("deployment").get()
    assert (airflow.needs_restart, airflow.variables_version == 7) == (needs_restart, not needs_restart)


def test_connecting_again_keeps_what_is_known(deployment, fake):
    airflow = connected(deployment, fake)
    Airflow.objects.update(variables_version=0)
    connection = try_airflow(deployment, fake.base_url, AirflowAuth.ACCOUNTS, ACCOUNTS)

    connect_as_operator(system_principal("tests"), deployment, connection)

    airflow.refresh_from_db()
    deployment.refresh_from_db()
    assert (airflow.variables_version, deployment.status) == (0, Status.HEALTHY)
