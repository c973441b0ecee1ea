"""The one word that says what a key is, in the list and on its page, and the drawing of its use."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from apikeys.models import ApiKey, ApiKeySecret
from apikeys.models.status import Status
from apikeys.sparkline import HEIGHT, sparkline

NOW = timezone.now()
SAVED = {"acknowledged_secret": 2}
LATELY, LONG_AGO = NOW - timedelta(days=6), NOW - timedelta(days=8)


@pytest.mark.parametrize(
    ("facts", "secrets", "status"),
    [
        (SAVED, 1, Status.ACTIVE),
        ({}, 1, Status.NOT_CONFIRMED),
        (SAVED, 2, Status.ROTATING),
        (SAVED, 0, Status.NO_SECRET),
        ({**SAVED, "last_refused_at": LATELY}, 1, Status.REFUSED),
        ({**SAVED, "last_refused_at": LONG_AGO}, 1, Status.ACTIVE),
        # What needs a person comes first.
        ({**SAVED, "last_refused_at": LATELY}, 2, Status.REFUSED),
        ({"last_refused_at": LATELY}, 2, Status.NOT_CONFIRMED),
        ({"last_refused_at": LATELY, "is_enabled": False}, 0, Status.DISABLED),
    ],
)
def test_a_key_has_one_status(facts, secrets, status):
    key = ApiKey(**facts)
    key.live_secrets = [ApiKeySecret(number=number) for number in range(secrets, 0, -1)]

    assert key.status is status


def test_the_drawing_scales_to_the_busiest_day_and_hides_no_use():
    drawn = sparkline('{"2026-11-30": 1, "2026-12-01": 1000, "2026-11-02": 500}', date(2026, 12, 1))

    assert drawn.path == f"M2 {HEIGHT}v-8M114 {HEIGHT}v-2M118 {HEIGHT}v-16"
    assert drawn.total == 1501


def test_no_use_is_no_stroke():
    assert sparkline("", date(2026, 12, 1)) == ("", 0)
