"""What needs a person's attention, gathered for the Overview from apps that the Overview does not know.

An app registers a provider in its `AppConfig.ready`. Each asks the database a constant number of times, and finds no
more than it is asked for, however much there is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloudui.web.principal import Principal

# Of each kind; what is more than a glance belongs into the lists.
MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to look at.

    Attributes:
        state: what is the matter, in a word or two.
        tone: of `components/badge.html`: bad, warning, or empty.
        name: of the thing.
        url: where it can be put right.
        place: where the thing is, such as the names of its Deployment and Workspace.
        at: since when, if that is known.
        reason: more words, or none.
    """

    state: str
    tone: str
    name: str
    url: str
    place: str
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is shown; `is_cut` if there is more of some kind."""

    rows: list[Need]
    is_cut: bool


# Called with the person and how many of a kind to find at most; returns what it finds, kind by kind.
Provider = Callable[[Principal, int], Iterable[list[Need]]]

_providers: Final[list[Provider]] = []


def register(provider: Provider) -> None:
    """Ask `provider` from now on, after those that are registered already."""
    if provider not in _providers:
        _providers.append(provider)


def needs_of(principal: Principal) -> Needs:
    """What needs this person's attention: only what they may see, and may do something about."""
    # One more than is shown tells that there are more.
    kinds = [found for provider in _providers for found in provider(principal, MOST + 1)]
    return Needs(
        rows=[need for found in kinds for need in found[:MOST]],
        is_cut=any(len(found) > MOST for found in kinds),
    )
