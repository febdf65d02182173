"""The drafts of all accounts, guarded, as one plan, and the one order of its changes.

For people: accounts by handle, the account level before its companies, companies by name, then
updates, creates, merges, what goes to the trash, deletes, each by name. For the server: renames and
updates first, because they free names that creates want; merges once what they give is there; what
takes a tag away last, because everything before it may still fail. Of merges into one tag, the one
that frees its name goes first.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, assert_never

from reconciler.model.change import Create, Delete, Merge, Update
from reconciler.model.plan import AccountUse, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change
    from reconciler.model.problem import Problem
    from reconciler.planning.draft import Draft


class Phase(IntEnum):
    """What is sent side by side; a phase begins when the one before it has ended."""

    UPDATES = 0
    CREATES = 1
    MERGES = 2
    REMOVALS = 3
    """Moves to the trash, and deletes."""


def phase(change: Change) -> Phase:
    """When ``change`` is sent."""
    match change:
        case Create():
            return Phase.CREATES
        case Merge():
            return Phase.MERGES
        case Update(trashes=False):
            return Phase.UPDATES
        case Update() | Delete():
            return Phase.REMOVALS
    assert_never(change)


def assemble(
    parts: Sequence[tuple[Draft, AccountUse, Sequence[Change]]],
    *,
    warnings: Sequence[Problem] = (),
    list_unmanaged: bool = False,
) -> Plan:
    """Join the accounts' drafts, costs and guarded changes; ``warnings`` come first."""
    drafts = [draft for draft, _use, _changes in parts]
    unmanaged = [tag for draft in drafts for tag in draft.unmanaged]
    return Plan(
        accounts=tuple(use for _draft, use, _changes in parts),
        changes=in_order(change for _draft, _use, changes in parts for change in changes),
        unchanged=sum(draft.unchanged for draft in drafts),
        unmanaged=len(unmanaged) + sum(draft.unread for draft in drafts),
        warnings=(*warnings, *(problem for draft in drafts for problem in draft.warnings)),
        unmanaged_tags=tuple(unmanaged) if list_unmanaged else (),
        trash=tuple(tag for draft in drafts for tag in draft.trash),
    )


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """``changes`` as a plan lists them; the same for the same set, however it came."""
    return tuple(sorted(changes, key=_reading_order))


def _reading_order(change: Change) -> tuple[str, str, str, Phase, bool, str, bool, int]:
    company = change.place.company
    return (
        change.place.account.handle,
        "" if company is None else company.name,
        "" if company is None else company.id,
        phase(change),
        isinstance(change, Delete),
        change.name,
        isinstance(change, Merge) and not change.renames,
        change.tag_id or 0,
    )
