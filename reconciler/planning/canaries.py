"""Which changes go first and alone, to see that what has a tag keeps it.

A rename and a disable leave a tag on its calls, forms and texts (B). Of an account's first ones the
one goes alone that most cheaply shows it: of those that are known to be in use by how much, the one
that the fewest interactions have.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Merge, Precision, Update

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from reconciler.model.change import Change, Loss

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


def canary_cost(changes: Iterable[Change]) -> int:
    """The most requests that looking at the canaries of one account's ``changes`` takes."""
    pages: Mapping[Effect, list[int]] = {effect: [] for effect in Effect}
    for change in changes:
        if isinstance(change, Update) and change.loss is not None and _in_use(change.loss):
            kinds = (change.loss.calls, change.loss.forms, change.loss.texts)
            cost = sum(-(-one.number // _PAGE) for one in kinds)
            for effect in effects(change):
                pages[effect].append(cost)
    return sum(map(min, filter(None, pages.values())))


def _in_use(loss: Loss) -> bool:
    number = loss.interactions
    return number.precision is Precision.EXACT and number.number > 0


def _number(change: Update) -> int:
    return 0 if change.loss is None else change.loss.interactions.number
