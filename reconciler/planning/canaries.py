"""Which changes go first and alone, to see that what has a tag keeps it.

A rename and a disable leave a tag on its calls, forms and texts (B). Of an account's first ones the
one goes alone that most cheaply shows it: of those that are known to be in use by how much, the one
that the fewest interactions have.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Loss, Merge, Precision, Update

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from reconciler.model.change import Change

_PAGE: Final = 250


class Effect(StrEnum):
    """What a change does to a tag that interactions have."""

    RENAME = "rename"
    DISABLE = "disable"
    APPEND = "append"


def effects(change: Change) -> frozenset[Effect]:
    """What ``change`` does to what has its tag."""
    match change:
        case Update(fields=fields, disables=disables):
            found = {Effect.RENAME: "name" in fields, Effect.DISABLE: disables}
            return frozenset(effect for effect, does in found.items() if does)
        case Merge():
            return frozenset(Effect)
    return frozenset()


def canary(changes: Iterable[Change], proven: Collection[Effect]) -> Update | None:
    """The update that goes next and alone; None: what is left has nothing to show."""
    candidates = [
        change
        for change in changes
        if isinstance(change, Update)
        and change.loss is not None
        and _in_use(change.loss)
        and effects(change) - {*proven}
    ]
    return min(candidates, key=_number, default=None)


def cheapest_to_measure(change: Merge) -> tuple[bool, int]:
    """A key by which the merge comes first that most cheaply shows that nothing is lost."""
    loss = change.loss or Loss.unknown()
    return not _in_use(loss), loss.interactions.number


def canary_cost(changes: Iterable[Change]) -> int:
    """The most requests that looking at the canaries of one account's ``changes`` takes."""
    updates = [change for change in changes if isinstance(change, Update)]
    proven: set[Effect] = set()
    cost = 0
    for trashes in (False, True):
        remaining = [change for change in updates if change.trashes is trashes]
        while (first := canary(remaining, proven)) is not None:
            remaining.remove(first)
            proven |= effects(first)
            cost += _pages(first)
    return cost


def _pages(change: Update) -> int:
    loss = change.loss or Loss()
    return sum(-(-one.number // _PAGE) for one in (loss.calls, loss.forms, loss.texts))


def _in_use(loss: Loss) -> bool:
    number = loss.interactions
    return number.precision is Precision.EXACT and number.number > 0


def _number(change: Update) -> int:
    return 0 if change.loss is None else change.loss.interactions.number
