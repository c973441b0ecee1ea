"""Where a request came from: what a proxy of ours saw, never what the caller wrote (threat T-E3)."""

import pytest

from cloudui.web import client

pytestmark = pytest.mark.threat("T-E3")

CALLER = "203.0.113.9"


@pytest.fixture
def ask(rf, settings):
    def ask(peer, forwarded="", proxies=("10.0.0.0/8", "2001:db8::/32")):
        settings.TRUSTED_PROXIES = list(proxies)
        return rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})

    return ask


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (CALLER, "", CALLER),
        (CALLER, "10.0.0.7", CALLER),
        ("10.0.0.1", CALLER, CALLER),
        ("10.0.0.1", f"198.51.100.1, {CALLER}", CALLER),
        ("10.0.0.1", f"198.51.100.1, {CALLER}, 10.0.0.2", CALLER),
        ("10.0.0.1", f"{CALLER}, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8::1", "2001:0DB9:0::5", "2001:db9::5"),
        ("", CALLER, ""),
    ],
)
def test_the_first_hop_from_the_right_that_is_not_ours(ask, peer, forwarded, address):
    assert client.client_address(ask(peer, forwarded)) == address


def test_nobody_is_believed_unless_named(ask):
    assert client.client_address(ask("10.0.0.1", CALLER, proxies=())) == "10.0.0.1"


def test_an_ipv4_caller_of_a_socket_for_both_families_is_an_ipv4_caller(ask):
    request = ask("::ffff:10.0.0.1", f"::ffff:{CALLER}")

    assert client.is_trusted_proxy(request)
    assert client.client_address(request) == CALLER


def test_a_scope_is_no_part_of_an_address(ask):
    # Of any length, and the columns that keep it are not.
    assert client.client_address(ask("10.0.0.1", "fe80::1%" + "a" * 300)) == "fe80::1"
