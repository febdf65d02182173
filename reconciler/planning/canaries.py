"""Which changes go first and alone, to see that what has a tag keeps it.

A rename and a disable leave a tag on its calls, forms and texts (B). Of an account's first ones the
one goes alone that most cheaply shows it: of those that are known to be in use by how much, the one
that the fewest interactions have. Where none was counted, what has the tag is listed before and
after; tags that turn out to be unused show nothing, so a few are asked about one after the other.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeGuard

from reconciler.model.change import Loss, Merge, Precision, Update

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from reconciler.model.change import Change

MOST_ASKED: Final = 5
"""Uncounted tags that are asked about before what is left goes unmeasured."""

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


def canary(
    changes: Iterable[Change], proven: Collection[Effect], *, asks: int = 0
) -> Update | None:
    """The update that goes next and alone; None: what is left has nothing to show.

    ``asks``: of how many tags that nobody counted it may still be asked what has them.
    """
    unproven = [
        change for change in changes if isinstance(change, Update) and effects(change) - {*proven}
    ]
    counted = [change for change in unproven if is_counted(change.loss)]
    uncounted = (change for change in unproven if asks and _may_be_in_use(change.loss))
    return min(counted, key=_number) if counted else next(uncounted, None)


def canaries(changes: Sequence[Change]) -> tuple[Update, ...]:
    """Those of ``changes`` that are measured by what was counted, where each shows what it does."""
    found: list[Update] = []
    proven: set[Effect] = set()
    while (one := canary(changes, proven)) is not None:
        found.append(one)
        proven |= effects(one)
    return tuple(found)


def asked_about(changes: Iterable[Change]) -> frozenset[Effect]:
    """The effects whose canary is asked about in some account: none of its phase is counted."""
    asked: set[tuple[str, Effect]] = set()
    shown: set[tuple[str, Effect]] = set()
    for change in changes:
        if isinstance(change, Update) and (found := effects(change)):
            places = {(change.place.account.id, effect) for effect in found}
            if is_counted(change.loss):
                # What goes to the trash goes last: by then the first rename is long done.
                shown |= set() if change.trashes else places
            elif _may_be_in_use(change.loss):
                asked |= places
    return frozenset(effect for _account, effect in asked - shown)


def cheapest_to_measure(change: Merge) -> tuple[bool, int]:
    """A key by which the merge comes first that most cheaply shows that nothing is lost."""
    loss = change.loss or Loss.unknown()
    return not is_counted(loss), loss.interactions.number


def canary_cost(changes: Iterable[Change]) -> int:
    """The most requests that looking at the canaries of one account's ``changes`` takes."""
    updates = [one for one in changes if isinstance(one, Update) and one.loss is not None]
    proven: set[Effect] = set()
    cost = 0
    if not updates:
        return cost
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


def is_counted(loss: Loss | None) -> TypeGuard[Loss]:
    """Whether it is known to be in use, and by how much."""
    number = None if loss is None else loss.interactions
    return number is not None and number.precision is Precision.EXACT and number.number > 0


def _may_be_in_use(loss: Loss | None) -> bool:
    return loss is None or not loss.interactions.none


def _number(change: Update) -> int:
    return 0 if change.loss is None else change.loss.interactions.number
