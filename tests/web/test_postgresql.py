"""The pool of a process while its server is restarted, stopped, full or gone."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from cloudui.web.postgresql.pool import Pool
from tests.postgres_server import running

GONE = (psycopg.OperationalError, psycopg.InterfaceError)


@pytest.fixture(scope="module")
def postgres():
    with running() as server:
        yield server


@pytest.fixture
def pool(postgres):
    kwargs = {
        "conninfo": "",
        "host": "127.0.0.1",
        "port": postgres.port,
        "user": "cloudui",
        "dbname": "cloudui",
    }
    del kwargs["conninfo"]
    made = Pool(
        kwargs={**kwargs, "autocommit": True, "connect_timeout": 2}, min_size=1, max_size=4, timeout=20
    )
    made.open()
    yield made
    made.close()


def ask(pool, statement="SELECT 1"):
    """As a request does: take a connection, ask, give it back; how long it took and whether it failed."""
    began = time.monotonic()
    try:
        connection = pool.getconn()
        try:
            connection.execute(statement)
        finally:
            pool.putconn(connection)
    except GONE:
        return "failed", time.monotonic() - began
    return "ok", time.monotonic() - began


def ask_at_once(pool, number):
    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(lambda _: ask(pool), range(number)))


def fill(pool):
    connections = [pool.getconn() for _ in range(4)]
    for connection in connections:
        pool.putconn(connection)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_after_a_restart_no_request_fails(pool, postgres, number):
    fill(pool)
    postgres.stop(number)
    postgres.start()

    answers = ask_at_once(pool, 12)

    assert {answer for answer, _ in answers} == {"ok"}


def test_during_a_quick_restart_requests_wait(pool, postgres):
    fill(pool)
    postgres.stop()
    with ThreadPoolExecutor(1) as threads:
        early = threads.submit(ask, pool)
        postgres.start()

    assert early.result()[0] == "ok"


def test_a_connection_that_was_ended_alone_fails_nobody(pool, postgres):
    fill(pool)
    postgres.command(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = 'cloudui' AND pid <> pg_backend_pid()"
    )

    assert {answer for answer, _ in ask_at_once(pool, 8)} == {"ok"}


def test_a_server_that_is_gone_is_waited_for_briefly_and_by_few(pool, postgres):
    fill(pool)
    postgres.stop()
    try:
        first = ask_at_once(pool, 4)
        then = ask_at_once(pool, 40)
    finally:
        postgres.start()

    assert {answer for answer, _ in (*first, *then)} == {"failed"}
    assert max(seconds for _, seconds in first) < 2
    assert max(seconds for _, seconds in then) < 1
    assert ask(pool)[0] == "ok"


def test_a_server_that_hangs_is_noticed_by_those_who_wait_for_its_answer(pool, postgres):
    fill(pool)
    postgres.send_signal(signal.SIGSTOP)
    try:
        first = ask_at_once(pool, 8)
        then = ask_at_once(pool, 40)
    finally:
        postgres.send_signal(signal.SIGCONT)

    assert {answer for answer, _ in (*first, *then)} == {"failed"}
    assert max(seconds for _, seconds in first) < 2
    assert max(seconds for _, seconds in then) < 1
    assert {answer for answer, _ in ask_at_once(pool, 8)} == {"ok"}


def test_a_long_statement_is_not_cut(pool, postgres):
    assert ask(pool, "SELECT pg_sleep(2.5)")[0] == "ok"


def test_when_the_server_takes_no_more_connections_those_there_are_are_shared(pool, postgres):
    fill_one = ask(pool)
    limit = int(postgres.command("SHOW max_connections")[0][0])
    others = []
    try:
        with pytest.raises(psycopg.OperationalError):
            for _ in range(limit):
                others.append(postgres.connect())  # noqa: PERF401 - those there are before it fails
        answers = [answer for answer, _ in ask_at_once(pool, 20)]
    finally:
        for other in others:
            other.close()

    assert fill_one[0] == "ok"
    assert set(answers) == {"ok"}


def test_what_is_left_to_read_is_not_taken_for_an_end(pool, postgres):
    """Such as a parameter that an operator changed for all."""
    fill(pool)
    before = {id(connection) for connection in pool._pool}
    postgres.command("ALTER SYSTEM SET timezone = 'Asia/Tokyo'")
    postgres.command("SELECT pg_reload_conf()")

    assert {answer for answer, _ in ask_at_once(pool, 4)} == {"ok"}
    assert {id(connection) for connection in pool._pool} == before
    postgres.command("ALTER SYSTEM RESET timezone")
