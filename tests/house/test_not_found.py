"""What lies elsewhere and what never existed are told apart by nothing: the same status, bytes and headers."""

from itertools import product

import pytest

from tests.cast import HX, NEVER, Place
from tests.house.routes import of_workspaces
from tests.house.walk import ask

pytestmark = pytest.mark.threat("T-W7")

# Between them they are asked by somebody for whom everything here is elsewhere, by somebody who sees all, by
# somebody who may only look and by somebody who may change things.
ASKED = {"GET": ("outsider", "owner"), "POST": ("member", "admin")}
REFUSED, MISSING, NO_SUCH_METHOD = 403, 404, 405


@pytest.fixture
def absent(cast):
    """Addresses that are of nothing, each by its reason."""
    home, sibling, elsewhere, gone = cast.home, cast.sibling, cast.elsewhere, cast.leftovers()
    return {
        "nothing ever existed": NEVER,
        "the Workspace never existed": home._replace(workspace=NEVER.workspace),
        "the Deployment never existed": home._replace(deployment=NEVER.deployment),
        "the key never existed": home._replace(key=NEVER.key),
        "the Deployment was deleted": gone,
        "the key was deleted with its Deployment": home._replace(key=gone.key),
        "the Deployment is another Workspace's": home._replace(deployment=elsewhere.deployment),
        "the Deployment and its key are another Workspace's": elsewhere._replace(workspace=home.workspace),
        "the Workspace is another one": home._replace(workspace=elsewhere.workspace),
        "the key is another Workspace's": home._replace(key=elsewhere.key),
        "the key is the sibling Deployment's": home._replace(key=sibling.key),
        "the Deployment is not the key's": home._replace(deployment=sibling.deployment),
    }


@pytest.mark.parametrize("method", ASKED)
def test_whatever_is_absent_is_absent_in_the_same_way(cast, absent, method):
    bodies, headers = set(), set()
    for route, role in product(of_workspaces(), ASKED[method]):
        client = cast.client(role)
        at_home = ask(client, route.path(cast), method).status
        for path, (reason, place) in _addresses(route, absent, cast, role).items():
            answer = ask(client, path, method)

            what = f"{role}: {method} {route} where {reason}"
            assert answer.status == _expected(at_home, place, cast), what
            if answer.status == MISSING:
                bodies.add(answer.body)
                headers.add(_compared(answer))

    assert len(bodies) == 1
    assert len(headers) == 1


def test_for_htmx_too(cast, absent):
    client, bodies, headers = cast.client("admin"), set(), set()
    for route in of_workspaces():
        for path, (reason, _) in _addresses(route, absent, cast, "admin").items():
            answer = ask(client, path, headers=HX)

            assert answer.status in {MISSING, NO_SUCH_METHOD}, f"{route} where {reason}"
            if answer.status == MISSING:
                bodies.add(answer.body)
                headers.add(_compared(answer))

    assert len(bodies) == 1
    assert len(headers) == 1
    assert b"<html" not in bodies.pop()


def test_another_workspace_is_missing_in_the_same_way_as_everything_else(cast):
    """For everybody who is signed in: what the person may not see, what never was, what no route knows."""
    answers = []
    for role in ("outsider", "member", "admin", "owner", "operator"):
        foreign = cast.home if role in {"outsider", "operator"} else cast.elsewhere
        paths = ["/nonsense", "/C" + "0" * 24, f"/{NEVER.workspace}", f"/{foreign.workspace}/nonsense"]
        if role != "owner":
            paths.append(f"/{foreign.workspace}")
        answers += [ask(cast.client(role), path) for path in paths]

    assert {answer.status for answer in answers} == {MISSING}
    assert len({(answer.body, _compared(answer)) for answer in answers}) == 1


def test_a_person_without_the_role_is_not_told_which_keys_exist(cast):
    for role, key in product(("member", "editor"), (cast.home.key, cast.sibling.key, NEVER.key)):
        place = cast.home._replace(key=key)
        for route in of_workspaces():
            if "key" not in route.parameters or route.name == "apikeys:open":
                continue
            known = ask(cast.client(role), route.path(cast), "POST", headers=HX)
            answer = ask(cast.client(role), route.path(cast, place), "POST", headers=HX)

            assert (answer.status, answer.body) == (known.status, known.body), f"{role} {route}"


def test_programs_get_one_answer_for_every_unknown_address(cast):
    bodies = {
        (answer.status, answer.headers["Content-Type"], answer.body)
        for path, role in product(
            ("/v1/nonsense", "/oauth/nonsense", "/.well-known/nonsense"), ("nobody", "admin")
        )
        for answer in [ask(cast.client(role), path)]
    }

    assert len(bodies) == 1
    assert bodies.pop()[:2] == (MISSING, "application/json")


def _addresses(route, absent, cast, role):
    """The route's addresses of what the role cannot see, each with a reason and the place."""
    seen = {"outsider": [cast.elsewhere], "owner": [cast.home, cast.sibling, cast.elsewhere]}
    depth = sum(name in Place._fields for name in route.parameters)
    there = {place[:depth] for place in seen.get(role, [cast.home, cast.sibling])}
    return {
        route.path(cast, place): (reason, place)
        for reason, place in absent.items()
        if place[:depth] not in there
    }


def _expected(at_home, place, cast):
    """A method that nobody has comes first; then the role, as far as the Deployment is one's own."""
    if at_home == NO_SUCH_METHOD:
        return NO_SUCH_METHOD
    is_home = place[:2] in {cast.home[:2], cast.sibling[:2]}
    return REFUSED if at_home == REFUSED and is_home else MISSING


def _compared(answer):
    return tuple(sorted((name, value) for name, value in answer.headers.items() if name != "X-Request-Id"))
