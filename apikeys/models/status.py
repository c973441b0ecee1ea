"""What a key is at a glance: one word out of all that is known of it."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

# For how long after a refusal a key counts as refused lately.
LATELY: Final = timedelta(days=7)


class Status(StrEnum):
    """Of several that apply, `ApiKey.status` is the first in this order: what needs a person comes first."""

    DISABLED = "Disabled"
    NO_SECRET = "No secret"
    NOT_CONFIRMED = "Not confirmed"
    REFUSED = "Refused lately"
    ROTATING = "Rotating"
    ACTIVE = "Active"
