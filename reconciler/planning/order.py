"""The one order of changes: for people by place, for the server by phase.

For people: accounts by handle, the account level before its companies, companies by name, then
updates, creates, merges, deletes, each by name. For the server: renames and updates first, because
they free names that creates want; merges once what they give is there; deletes last, because they
alone can't be undone and everything before them may still fail. Of merges into one tag, the one
that frees its name goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.change import Action, Merge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.change import Change

PHASES = (Action.UPDATE, Action.CREATE, Action.MERGE, Action.DELETE)

_RANK = {action: rank for rank, action in enumerate(PHASES)}


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """``changes`` as a plan lists them; the same for the same set, however it came."""
    return tuple(sorted(changes, key=_reading_order))


def _reading_order(change: Change) -> tuple[str, str, str, int, str, bool, int]:
    company = change.place.company
    return (
        change.place.account.handle,
        "" if company is None else company.name,
        "" if company is None else company.id,
        _RANK[change.action],
        change.name,
        isinstance(change, Merge) and not change.renames,
        change.tag_id or 0,
    )
