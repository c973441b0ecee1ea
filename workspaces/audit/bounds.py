"""How much one event may hold, whatever its caller was given.

Lists are cut to their first items and texts to their first characters, shorter and shorter until the whole fits. What
was left out is counted in `cut`, by its place: `{"cut": {"variables": 412}}` says that 412 more were changed.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

# Of the values as JSON. What people type into one form is less, but for lists and texts full of emoji.
MOST_BYTES: Final = 8192
CUT: Final = "cut"
ELLIPSIS: Final = "…"

# How many items of a list and characters of a text are kept, one step after another.
_STEPS: Final = ((50, 200), (20, 100), (10, 50), (5, 20), (1, 10), (0, 0))


def bounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a change as the log keeps them: as they are, or cut. Never fails: an event matters more."""
    text = json.dumps(values, default=str)
    plain: dict[str, Any] = json.loads(text)
    if len(text) <= MOST_BYTES:
        return plain
    for items, characters in _STEPS:
        cut: Counter[str] = Counter()
        shorter = {**_shortened(plain, "", items, characters, cut), CUT: cut}
        if _size(shorter) <= MOST_BYTES:
            return shorter
    return {CUT: {"": len(text)}}


def _size(values: object) -> int:
    return len(json.dumps(values))


def _shortened(value: Any, place: str, items: int, characters: int, cut: Counter[str]) -> Any:
    match value:
        case dict():
            return {
                name: _shortened(part, f"{place}.{name}".lstrip("."), items, characters, cut)
                for name, part in value.items()
            }
        case list() if len(value) > items:
            cut[place] += len(value) - items
            return _shortened(value[:items], place, items, characters, cut)
        case list():
            return [_shortened(part, f"{place}[]", items, characters, cut) for part in value]
        case str() if len(value) > characters:
            cut[place] += len(value) - characters
            return value[:characters] + ELLIPSIS
        case _:
            return value
