"""Which changes this change of the configuration makes, and which live state does.

Terms. *Head* is the configuration at hand, *base* the one before this change; both are planned
against one and the same live state. An *object* is a live tag, by its id, or a name in a place that
a change makes: what two plans both speak of.

Premise. A change that both plan alike has nothing to do with this change: live is not as the base
says, because people changed it in CallRail, because nobody has applied the base yet, or because a
day has come (a purge). It is *drift*. A change of an object that the base leaves alone is made by
*this change*. What both change, and differently, is of *both*: it would not be made like that
without this change, and not only by it.

Method. The cause is worked out before anything is counted, from the two drafts alone, so it is a
function of base, head and live. Equal is what does the same to the same tag; note, line and reason
are no part of that. A tag that goes compares as it was drafted, to the trash or deleted by the
account's rule, whatever counting makes of it. What the base plans for objects that head leaves
alone is *undone*: it would have been made, and is not any more. A merge needs the tag that it
gives: where it is no drift, the change that makes that tag, or calls it so, goes with it, as
*both*.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.change import Cause, Create, Delete, Merge, Update
from reconciler.model.plan import effect

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from reconciler.model.change import Change


class ByCause(NamedTuple):
    """Head's ``changes`` in their order, each with its cause, and what it leaves ``undone``."""

    changes: tuple[Change, ...]
    undone: tuple[Change, ...]


def by_cause(head: Sequence[Change], base: Sequence[Change]) -> ByCause:
    """The drafted changes of ``head`` by what ``base`` drafts for the same live state."""
    before: dict[Hashable, list[Change]] = {}
    for change in base:
        for touched in _objects(change):
            before.setdefault(touched, []).append(change)
    caused = [replace(change, cause=_cause(change, _of(before, change))) for change in head]
    needed = {
        one
        for change in caused
        if isinstance(change, Merge) and change.cause is not Cause.DRIFT
        for one in _given(change)
    }
    ours = {one for change in head for one in _objects(change)}
    return ByCause(
        changes=tuple(
            replace(change, cause=Cause.BOTH)
            if change.cause is Cause.DRIFT and not needed.isdisjoint(_objects(change))
            else change
            for change in caused
        ),
        undone=tuple(change for change in base if ours.isdisjoint(_objects(change))),
    )


def _of(before: dict[Hashable, list[Change]], change: Change) -> Iterator[Change]:
    return (one for touched in _objects(change) for one in before.get(touched, ()))


def _cause(change: Change, before: Iterable[Change]) -> Cause:
    effects = [effect(one) for one in before]
    if not effects:
        return Cause.THIS_CHANGE
    return Cause.DRIFT if effect(change) in effects else Cause.BOTH


def _given(change: Merge) -> Iterator[Hashable]:
    """The tag that a merge gives, by its id where it is live, and by its name."""
    account = change.place.account.id
    if change.into is not None:
        yield account, change.into.id
    yield account, change.into_company_id, change.after.name


def _objects(change: Change) -> Iterator[Hashable]:
    """The live tags that ``change`` touches, and the name that it makes."""
    account = change.place.account.id
    match change:
        case Create(after=after):
            yield account, change.place.company_id, after.name
        case Update(before=before, after=after):
            yield account, before.id
            if not change.trashes:
                yield account, change.place.company_id, after.name
        case Merge(before=before):
            yield account, before.id
            yield from _given(change)
        case Delete(before=before):
            yield account, before.id
