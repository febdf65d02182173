"""Several saved plans as one, to be read together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from reconciler.errors import DocumentError
from reconciler.model.plan import AccountUse, Base, Evidence, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Allowance


def join(plans: Sequence[Plan]) -> Plan:
    """One plan that holds all the changes, counts and warnings of ``plans`` (at least one).

    It is for reading: each part is applied by itself, with its own digest. The digest of the whole
    is that of one plan over all the accounts. An account may be spread over several plans (narrowed
    by company); its unmanaged and unchanged tags are then added up. Raises DocumentError where two
    plans touch one tag or give one handle to two accounts: they were not made side by side.
    """
    if len(plans) == 1:
        return plans[0]
    _expect_disjoint(chain.from_iterable(plan.changes for plan in plans))
    gateways = {plan.gateway for plan in plans}
    versions = {plan.tool_version for plan in plans}
    return Plan(
        accounts=_accounts(chain.from_iterable(plan.accounts for plan in plans)),
        changes=tuple(chain.from_iterable(plan.changes for plan in plans)),
        unchanged=sum(plan.unchanged for plan in plans),
        unmanaged=sum(plan.unmanaged for plan in plans),
        warnings=tuple(dict.fromkeys(chain.from_iterable(plan.warnings for plan in plans))),
        muted=_added(plan.muted for plan in plans),
        unmanaged_tags=tuple(chain.from_iterable(plan.unmanaged_tags for plan in plans)),
        trash=tuple(chain.from_iterable(plan.trash for plan in plans)),
        exceptions=tuple(dict.fromkeys(chain.from_iterable(plan.exceptions for plan in plans))),
        unread=tuple(dict.fromkeys(chain.from_iterable(plan.unread for plan in plans))),
        companies_unread=any(plan.companies_unread for plan in plans),
        since=_evidence([plan.since for plan in plans]),
        gateway=gateways.pop() if len(gateways) == 1 else None,
        base=_base([plan.base for plan in plans]),
        # The oldest part is what the whole can be trusted for.
        created_at=min(plan.created_at for plan in plans),
        tool_version=versions.pop() if len(versions) == 1 else "",
    )


def _base(bases: Sequence[Base | None]) -> Base | None:
    """What the causes of all parts rest on; unknown where that is not one commit."""
    known = [base for base in bases if base is not None]
    if not known:
        return None
    first = known[0]
    unknown = next((base.unknown for base in known if base.unknown is not None), None)
    if len({(base.ref, base.commit) for base in known}) > 1 or len(known) < len(bases):
        unknown = unknown or "the parts were not planned against one commit"
    drifts = [base.drift for base in known if base.drift is not None]
    return replace(
        first,
        unknown=unknown,
        undone=tuple(chain.from_iterable(base.undone for base in known)),
        unread=tuple(sorted({handle for base in known for handle in base.unread})),
        drift=sum(drifts) if drifts else None,
    )


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _evidence(parts: Sequence[Evidence | None]) -> Evidence | None:
    """The snapshot of all ``parts``; None where they were not held against one."""
    known = [one for one in parts if one is not None]
    if len(known) < len(parts) or len({one.created_at for one in known}) != 1:
        return None
    lacking = dict.fromkeys(chain.from_iterable(one.lacking for one in known))
    return Evidence(known[0].created_at, tuple(lacking), sum(one.older for one in known))


def _accounts(uses: Iterable[AccountUse]) -> tuple[AccountUse, ...]:
    joined: dict[str, AccountUse] = {}
    for use in uses:
        handle = use.account.handle
        known = joined.get(handle)
        if known is None:
            joined[handle] = use
            continue
        if known.account.id != use.account.id:
            raise DocumentError(
                f"the plans call two accounts {handle!r}: {known.account.id}, {use.account.id}",
                hint="Give each account one handle in every configuration, and plan again.",
            )
        joined[handle] = replace(
            known,
            plan_requests=known.plan_requests + use.plan_requests,
            apply_requests=known.apply_requests + use.apply_requests,
            allowance=_tightest(known.allowance, use.allowance),
            companies=max(known.companies, use.companies, key=len),
        )
    return tuple(joined.values())


def _tightest(one: Allowance | None, other: Allowance | None) -> Allowance | None:
    """The one with less left: it was reported later, or of the shorter supply."""
    known = [allowance for allowance in (one, other) if allowance is not None]
    return min(known, key=lambda allowance: allowance.left, default=None)


def _expect_disjoint(changes: Iterable[Change]) -> None:
    touched = Counter(change.touches for change in changes)
    if any(times > 1 for times in touched.values()):
        raise DocumentError(
            "two of the plans touch the same tag",
            hint="Join plans that were made side by side, each for its own accounts or companies.",
        )
