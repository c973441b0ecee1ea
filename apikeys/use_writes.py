"""What a use of a key writes: that of the key, that of its secret and the count of the day, in a statement each.

They are in SQL for the reason that `apikeys.credential_state` gives: through the ORM, which also needs two statements for
the count, they took longer than all the rest of a first exchange but argon2 (docs/performance.md).
"""

from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from cloudui.web.principal import Origin

_USE: Final = "last_used_at = %s, last_used_from = %s, last_used_client = %s"
_KEY: Final = f"UPDATE apikeys_apikey SET {_USE} WHERE key_id = %s"  # noqa: S608 - made of constants
_SECRET: Final = f"UPDATE apikeys_apikeysecret SET {_USE} WHERE id = %s"  # noqa: S608 - these too
_FIRST: Final = (
    f"UPDATE apikeys_apikeysecret SET {_USE}, first_used_at = %s "  # noqa: S608
    "WHERE id = %s AND ended_at IS NULL AND first_used_at IS NULL"
)
_COUNT: Final = (
    "INSERT INTO apikeys_apikeyuse (key_id, day, count) VALUES (%s, %s, %s) "
    "ON CONFLICT (key_id, day) DO UPDATE SET count = apikeys_apikeyuse.count + excluded.count"
)


def write_key_use(key_id: str, at: datetime, origin: Origin) -> bool:
    """Write when and from where the key was used last; False if the key is gone."""
    return _execute(_KEY, *_use(at, origin), key_id) == 1


def write_secret_use(row: int, at: datetime, origin: Origin) -> None:
    """Write it of its secret."""
    _execute(_SECRET, *_use(at, origin), row)


def write_first_use(row: int, at: datetime, origin: Origin) -> bool:
    """Write it of a secret that has not ended and was never used; False if it has been used, ended or is gone."""
    return _execute(_FIRST, *_use(at, origin), at, row) == 1


def add_uses(key_id: str, day: date, count: int) -> None:
    """Add to the count of a day, which begins with this if there is none."""
    _execute(_COUNT, key_id, day, count)


def _use(at: datetime, origin: Origin) -> tuple[datetime, str, str]:
    return at, origin.address, origin.user_agent


def _execute(statement: str, *params: Any) -> int:
    """How many rows it has written."""
    adapt = connection.ops.adapt_unknown_value
    with connection.cursor() as cursor:
        cursor.execute(statement, [adapt(param) for param in params])
        written: int = cursor.rowcount
    return written
