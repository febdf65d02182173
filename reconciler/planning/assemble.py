"""The drafts of all accounts, guarded, as one plan, and the one order of its changes.

For people: accounts by handle, the account level before its companies, companies by name, then
updates, creates, deletes, each by name. For the server: renames and updates first, because they
free names that creates want; deletes last, because they alone can't be undone and everything
before them may still fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.model.plan import AccountUse, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change
    from reconciler.model.problem import Problem
    from reconciler.planning.draft import Draft

PHASES = (Action.UPDATE, Action.CREATE, Action.DELETE)

_RANK = {action: rank for rank, action in enumerate(PHASES)}


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
    )


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """``changes`` as a plan lists them; the same for the same set, however it came."""
    return tuple(sorted(changes, key=_reading_order))


def _reading_order(change: Change) -> tuple[str, str, str, int, str, int]:
    company = change.place.company
    return (
        change.place.account.handle,
        "" if company is None else company.name,
        "" if company is None else company.id,
        _RANK[change.action],
        change.name,
        change.tag_id or 0,
    )
