"""``--since``: a snapshot as evidence of what people did, for the accounts of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.plan import Evidence
from reconciler.planning.since import Past
from reconciler.text.moment import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.state import Account, Snapshot


def evidence_of(snapshot: Snapshot, accounts: Sequence[Account]) -> Evidence:
    """What a plan for ``accounts`` says of ``snapshot``; UsageError where it holds none of them."""
    held = {one.account.id for one in snapshot.accounts}
    lacking = tuple(one.handle for one in accounts if one.ref.id not in held)
    if accounts and len(lacking) == len(accounts):
        wanted = ", ".join(f"{one.ref.id} ({one.handle})" for one in accounts)
        raise UsageError(
            "the snapshot of --since holds none of the configuration's accounts",
            hint=f"It holds {', '.join(sorted(held)) or 'none'}; wanted: {wanted}.",
        )
    return Evidence(snapshot.created_at, lacking)


def past_of(snapshot: Snapshot, account: Account) -> Past | None:
    """``account`` as ``snapshot`` has it; None where it does not."""
    then = (one for one in snapshot.accounts if one.account.id == account.ref.id)
    return next((Past(one, moment(snapshot.created_at)) for one in then), None)
