"""From a configuration to a plan: companies, desired, live, draft, losses, guards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Change
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.problem import unmuted
from reconciler.model.state import Account, LiveAccount
from reconciler.planning import Draft, Narrowing, assemble, draft, guard
from reconciler.provider import Provider
from reconciler.workflow.narrowed import check_companies, declared_names, unmatched_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config import Configuration
    from reconciler.model.state import DesiredAccount
    from reconciler.model.tag import Company

ProviderFor = Callable[[Account], Provider]

COUNTED_WHEN_BLOCKED = 100
"""Deletes that are blocked anyway are counted up to this many an account; each costs a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What is asked of a plan.

    ``count_usage``: count what has a tag that is deleted; ``count_all``: one that is disabled or
    renamed too. ``say`` hears one line of progress at a time.
    """

    narrowing: Narrowing
    count_usage: bool = True
    count_all: bool = False
    list_unmanaged: bool = False
    say: Callable[[str], None] = lambda _line: None


async def make_plan(
    configuration: Configuration, provider_for: ProviderFor, request: PlanRequest
) -> Plan:
    """Read what the configuration concerns and work out the plan.

    Raises ConfigError for selectors that match nothing, UsageError for a ``--company`` that
    does, and whatever reading raises: a failed read gives no plan.
    """
    accounts = [_Reading(one, provider_for(one), request) for one in configuration.accounts]
    companies = await asyncio.gather(
        *(one.companies(needed=configuration.needs_companies(one.handle)) for one in accounts)
    )
    desired = configuration.resolve(
        {one.handle: found for one, found in zip(accounts, companies, strict=True)}
    )
    check_companies(request.narrowing.companies, configuration, desired)
    parts = await asyncio.gather(
        *(one.plan(wish) for one, wish in zip(accounts, desired.accounts, strict=True))
    )
    warnings = list(desired.warnings)
    if request.narrowing.tags:
        live = (name for one in accounts for name in one.live_names)
        names = {*declared_names(configuration), *live}
        warnings.extend(unmatched_tags(request.narrowing.tags, names))
    plan = assemble(
        parts,
        warnings=warnings,
        list_unmanaged=request.list_unmanaged,
    )
    shown, muted = unmuted(plan.warnings, configuration.muted)
    return replace(plan, gateway=configuration.gateway, warnings=shown, muted=muted)


@dataclass(slots=True)
class _Reading:
    """One account on its way to a draft."""

    account: Account
    provider: Provider
    request: PlanRequest
    live_names: set[str] = field(default_factory=set)
    """Names of the live tags, where the work is narrowed to some."""

    @property
    def handle(self) -> str:
        return self.account.handle

    async def companies(self, *, needed: bool) -> Sequence[Company]:
        if not needed:
            return ()
        self.request.say(f"{self.handle}: reading companies")
        return await self.provider.companies()

    async def plan(self, desired: DesiredAccount) -> tuple[Draft, AccountUse, Sequence[Change]]:
        self.request.say(f"{self.handle}: reading tags")
        before = self.provider.requests
        listing = await self.provider.tags(self._concerned(desired))
        look = self.provider.requests - before
        if self.request.narrowing.tags:
            self.live_names.update(tag.name for tag in listing.tags)
        live = LiveAccount(
            account=self.account.ref,
            tags=listing.tags,
            companies=desired.companies,
            unread=listing.unread,
        )
        drafted = draft(desired, live, self.request.narrowing)
        changes = await self._counted(drafted, guard(drafted, drafted.changes))
        use = AccountUse(
            account=self.account.ref,
            plan_requests=self.provider.requests,
            apply_requests=_cost(changes, look),
            connection=self.account.connection,
            api_key_env=self.account.api_key_env,
        )
        return drafted, use, changes

    def _concerned(self, desired: DesiredAccount) -> frozenset[str] | None:
        """Companies that the work concerns; None: account level too, so read everything."""
        if self.request.list_unmanaged:
            return None
        covers = self.request.narrowing.covers_company
        places = {
            one
            for one in desired.tags
            if covers(None if one is None else desired.companies.get(one))
        }
        if None in places or not places:
            return None
        return frozenset(one for one in places if one is not None)

    async def _counted(self, drafted: Draft, guarded: Sequence[Change]) -> Sequence[Change]:
        """``guarded`` with what it would lose counted, and guarded again by that."""
        if not self.request.count_usage:
            return guarded
        at_risk = [change for change in guarded if self._at_risk(change)]
        if len(at_risk) > COUNTED_WHEN_BLOCKED:
            at_risk = [change for change in at_risk if change.blocked_by is None]
        if not at_risk:
            return guarded
        changes = "1 change" if len(at_risk) == 1 else f"{len(at_risk)} changes"
        self.request.say(f"{self.handle}: counting what {changes} would take a tag off")
        losses = await asyncio.gather(
            *(self.provider.usage(change.place, change.live) for change in at_risk)
        )
        found = {id(one): loss for one, loss in zip(at_risk, losses, strict=True)}
        counted = [
            replace(change, loss=found.get(id(change)), blocked_by=None) for change in guarded
        ]
        return guard(drafted, counted)

    def _at_risk(self, change: Change) -> bool:
        if change.action is Action.DELETE:
            return True
        return self.request.count_all and bool({"name", "status"} & set(change.fields))


def _cost(changes: Sequence[Change], look: int) -> int:
    """Requests that applying will cost at most: one a change, and the looks.

    One look tells whether the plan is still fresh (spared when it is applied as it is made), one
    comes before deletes, one closes.
    """
    if not changes:
        return 0
    deletes = any(change.action is Action.DELETE for change in changes)
    return len(changes) + look * (3 if deletes else 2)
