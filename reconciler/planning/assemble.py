"""The drafts of all accounts, guarded, as one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.plan import AccountUse, Plan
from reconciler.planning.order import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.change import Change
    from reconciler.model.problem import Problem
    from reconciler.planning.draft import Draft


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
