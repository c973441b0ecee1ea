"""Each threat of the threat model is answered by a test that carries its number, or is named here with a reason."""

import re

from tests.house.conventions import ROOT

# Reveal in the browser, requests and rendering, storage and operators, token endpoint, tokens, life cycle.
THREATS = {
    *(f"T-R{number}" for number in range(1, 13)),
    *(f"T-W{number}" for number in range(1, 14)),
    *(f"T-S{number}" for number in range(1, 9)),
    *(f"T-E{number}" for number in range(1, 7)),
    *(f"T-J{number}" for number in range(1, 12)),
    *(f"T-L{number}" for number in range(1, 8)),
}

ABSENT = {
    "T-W13": "asking for the password again before a key is made is an option that does not exist",
    "T-S3": "no list of revocations outside the database: file and database are backed up apart",
}


def test_every_threat_is_answered_or_absent_for_a_reason():
    answered = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        answered |= set(re.findall(r"""threat\(["'](T-[A-Z]\d+)["']\)""", path.read_text()))

    assert answered == THREATS - ABSENT.keys()
