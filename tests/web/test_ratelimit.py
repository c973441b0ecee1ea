"""Limits: counted by the minute, by address or network."""

import pytest

from cloudui.web import ratelimit
from cloudui.web.ratelimit import caller, count, is_first, peek, seconds_left


@pytest.fixture
def clock(monkeypatch):
    def turn_to(seconds: float) -> None:
        monkeypatch.setattr(ratelimit.time, "time", lambda: seconds)

    turn_to(1_000_020.0)
    return turn_to


def test_events_are_counted_by_name_and_caller(clock):
    assert [count("a", "x"), count("a", "x"), count("a", "y"), count("b", "x")] == [1, 2, 1, 1]
    assert (peek("a", "x"), peek("a", "z")) == (2, 0)


def test_a_new_minute_starts_anew(clock):
    count("a", "x")
    clock(1_000_079.9)
    assert (count("a", "x"), seconds_left()) == (2, 1)

    clock(1_000_080.0)

    assert (count("a", "x"), seconds_left()) == (1, 60)


@pytest.mark.parametrize("who", ["", "a b\n" * 1000, "\ud800", "é"])
def test_a_caller_may_have_any_name(clock, who):
    assert count("a", who) == 1


def test_what_happens_again_within_the_time_is_not_first():
    assert [is_first("a", "x"), is_first("a", "x"), is_first("a", "y")] == [True, False, True]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_a_network_of_version_6_is_one_caller(address, name):
    assert caller(address) == name


def test_an_entry_that_was_evicted_counts_as_the_first(monkeypatch):
    def evicted(*_):
        raise ValueError

    monkeypatch.setattr(ratelimit.cache, "incr", evicted)

    assert count("a", "x") == 1
