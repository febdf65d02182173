"""The one order of changes: for people by place, for the server by phase.

For people: accounts by handle, the account level before its companies, companies by name, then
updates, creates, what goes to the trash, deletes, each by name. For the server: renames and updates
first, because they free names that creates want; what takes a tag away last, because everything
before it may still fail.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, assert_never

from reconciler.model.change import Create, Delete, Update

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.change import Change


class Phase(IntEnum):
    """What is sent side by side; a phase begins when the one before it has ended."""

    UPDATES = 0
    CREATES = 1
    REMOVALS = 2
    """Moves to the trash, and deletes."""


def phase(change: Change) -> Phase:
    """When ``change`` is sent."""
    match change:
        case Create():
            return Phase.CREATES
        case Update(trashes=False):
            return Phase.UPDATES
        case Update() | Delete():
            return Phase.REMOVALS
    assert_never(change)


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """``changes`` as a plan lists them; the same for the same set, however it came."""
    return tuple(sorted(changes, key=_reading_order))


def _reading_order(change: Change) -> tuple[str, str, str, Phase, bool, str, int]:
    company = change.place.company
    return (
        change.place.account.handle,
        "" if company is None else company.name,
        "" if company is None else company.id,
        phase(change),
        isinstance(change, Delete),
        change.name,
        change.tag_id or 0,
    )
