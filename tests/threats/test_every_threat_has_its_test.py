"""Each threat of the threat model is answered by a test that carries its number, or is named here with a reason."""

import pytest

from tests.house.threat_marks import threats_by_file, threats_in

# Reveal in the browser, requests and rendering, storage and operators, token endpoint, tokens, life cycle,
# `astro login`.
THREATS = {
    *(f"T-R{number}" for number in range(1, 13)),
    *(f"T-W{number}" for number in range(1, 14)),
    *(f"T-S{number}" for number in range(1, 9)),
    *(f"T-E{number}" for number in range(1, 7)),
    *(f"T-J{number}" for number in range(1, 12)),
    *(f"T-L{number}" for number in range(1, 8)),
    *(f"T-A{number}" for number in range(1, 7)),
}

ABSENT = {
    "T-W13": "asking for the password again before a key is made is an option that does not exist",
    "T-S3": "no list of revocations outside the database: file and database are backed up apart",
}


MARK = '@pytest.mark.threat("T-W3")\n'
TEST = "def test_frames(client):\n    assert client\n"


def test_every_threat_is_answered_or_absent_for_a_reason():
    answered = set().union(*threats_by_file().values())

    assert answered == THREATS - ABSENT.keys()


@pytest.mark.parametrize(
    "text",
    [
        MARK + TEST,
        MARK + "async " + TEST,
        "@pytest.mark.django_db\n" + MARK + TEST,
        'pytestmark = [pytest.mark.django_db, pytest.mark.threat("T-W3")]\n' + TEST,
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.threat("T-W3"))])\n' + TEST,
    ],
)
def test_a_test_that_runs_answers(text):
    assert threats_in(text) == {"T-W3"}


@pytest.mark.parametrize(
    "text",
    [
        "# " + MARK + TEST,
        f"NOTE = {MARK!r}\n" + TEST,
        f"def test_frames():\n    {MARK!r}\n",
        MARK + "def frames(): ...\n" + TEST,
        MARK + "@pytest.fixture\n" + "def frames(): ...\n",
        "class Frames:\n    " + MARK + "    def test_frames(self): ...\n",
        "def frames():\n    " + MARK + "    def test_frames(): ...\n",
        'pytestmark = pytest.mark.threat("T-W3")\n',
    ],
)
def test_what_does_not_run_answers_nothing(text):
    assert threats_in(text) == set()
