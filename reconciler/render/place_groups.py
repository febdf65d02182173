"""A plan's changes by place, and identical places of a large plan told once.

Terms: a *group* is what one heading covers. Premise: a change that is the same in 300 companies is
one decision for a reviewer, and 300 copies hide the one company that differs. Method: in a plan of
more than FOLD_ABOVE changes, places of one account whose changes read the same, word for word,
share a group that names them all. What can be lost or is blocked is never folded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model.change import Create, Delete, Merge, before_and_after
from reconciler.render import wording
from reconciler.render.escape import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.tag import Place

FOLD_ABOVE: Final = 50
FOLD_AT_LEAST: Final = 3


class PlaceGroup(NamedTuple):
    """The changes of ``places``, told for the first of them."""

    places: tuple[Place, ...]
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """``acme · Dental North``, or ``acme · Dental North and 37 more companies``."""
        first = wording.title(self.places[0])
        more = len(self.places) - 1
        return f"{first} and {more:,} more companies" if more else first

    @property
    def others(self) -> str:
        """The companies that the title only counts."""
        return ", ".join(
            label(place.company.known_as) for place in self.places[1:] if place.company is not None
        )


def of(plan: Plan) -> list[PlaceGroup]:
    """The groups of ``plan``, in its order."""
    return _folded(plan.changes, few=len(plan.changes) <= FOLD_ABOVE)


def grave_last(plan: Plan) -> tuple[list[PlaceGroup], list[PlaceGroup]]:
    """The groups of ``plan``, deletes and what is blocked apart: a reader finds them at the end."""
    few = len(plan.changes) <= FOLD_ABOVE
    grave = [one for one in plan.changes if _is_grave(one)]
    others = [one for one in plan.changes if not _is_grave(one)]
    return _folded(others, few=few), by(grave)


def _folded(changes: Sequence[Change], *, few: bool) -> list[PlaceGroup]:
    by_place = by(changes)
    if few:
        return by_place
    alike: dict[object, list[PlaceGroup]] = {}
    for group in by_place:
        alike.setdefault(_likeness(group), []).append(group)
    folded: list[PlaceGroup] = []
    for same in alike.values():
        if len(same) < FOLD_AT_LEAST:
            folded.extend(same)
        else:
            places = tuple(place for group in same for place in group.places)
            folded.append(PlaceGroup(places=places, changes=same[0].changes))
    order = {group.places[0]: at for at, group in enumerate(by_place)}
    return sorted(folded, key=lambda group: order[group.places[0]])


def by(changes: Iterable[Change]) -> list[PlaceGroup]:
    """One group a place, in the order in which the places first come."""
    found: dict[Place, list[Change]] = {}
    for change in changes:
        found.setdefault(change.place, []).append(change)
    return [PlaceGroup(places=(place,), changes=tuple(there)) for place, there in found.items()]


def _likeness(group: PlaceGroup) -> object:
    """Equal for groups that may be told once; a group that must stand alone equals no other."""
    place = group.places[0]
    if place.company is None or any(_stands_alone(change) for change in group.changes):
        return place
    return (place.account, tuple(map(_read, group.changes)))


def _stands_alone(change: Change) -> bool:
    if _is_grave(change) or change.verb == "trash":
        return True
    return not isinstance(change, Create) and change.loss is not None


def _is_grave(change: Change) -> bool:
    return isinstance(change, Delete) or change.blocked_by is not None


def _read(change: Change) -> tuple[object, ...]:
    """Equal for changes that read the same; the ids of their tags are no part of that."""
    survivor = change.into and change.into.name if isinstance(change, Merge) else None
    return (*before_and_after(change), survivor, change.note, change.reason, change.cause)
