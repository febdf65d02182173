"""From a configuration to a plan: companies, desired, live, draft, losses, guards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Change
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.state import Account, LiveAccount
from reconciler.planning import Draft, Narrowing, assemble, draft
from reconciler.planning.narrowing import EVERYTHING
from reconciler.provider import Provider
from reconciler.workflow.guarding import Guarding
from reconciler.workflow.narrowed import check_companies, check_tags, declared_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config import Configuration
    from reconciler.model.state import DesiredAccount
    from reconciler.model.tag import Company

ProviderFor = Callable[[Account], Provider]


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

    Raises ConfigError for selectors that match nothing, UsageError for a ``--company`` or ``--tag``
    that does, and whatever reading raises: a failed read gives no plan.
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
    if request.narrowing.tags:
        live = (name for one in accounts for name in one.live_names)
        names = {*declared_names(configuration), *live}
        check_tags(request.narrowing.tags, names, unread=any(one.unread for one in accounts))
    plan = assemble(
        parts,
        warnings=desired.warnings,
        list_unmanaged=request.list_unmanaged,
    )
    return replace(plan, gateway=configuration.gateway)


@dataclass(slots=True)
class _Reading:
    """One account on its way to a draft."""

    account: Account
    provider: Provider
    request: PlanRequest
    live_names: set[str] = field(default_factory=set)
    """Names of the live tags, where the work is narrowed to some."""
    unread: int = 0
    """Live tags that were left out because nothing is declared in their places."""

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
        listing = await self.provider.tags(self._concerned(desired, self.request.narrowing))
        look = self.provider.requests - before
        self.unread = listing.unread
        if self.request.narrowing.tags:
            self.live_names.update(tag.name for tag in listing.tags)
        live = LiveAccount(
            account=self.account.ref,
            tags=listing.tags,
            companies=desired.companies,
            unread=listing.unread,
        )
        guarding = Guarding(
            provider=self.provider,
            narrowing=self.request.narrowing,
            count=self.request.count_usage,
            count_all=self.request.count_all,
            say=lambda line: self.request.say(f"{self.handle}: {line}"),
        )
        if guarding.needs_all(draft(desired, live, self.request.narrowing), live):
            live = await self._all_that_guards_ask_for(desired, live)
        guarded = await guarding.guarded(desired, live)
        use = AccountUse(
            account=self.account.ref,
            plan_requests=self.provider.requests,
            apply_requests=_cost(guarded.changes, look),
            connection=self.account.connection,
            api_key_env=self.account.api_key_env,
            policy=self.account.policy,
            source=self.account.source,
            limits_source=self.account.limits_source,
            beyond=guarded.beyond,
        )
        return guarded.drafted, use, guarded.changes

    async def _all_that_guards_ask_for(
        self, desired: DesiredAccount, live: LiveAccount
    ) -> LiveAccount:
        """Live state read anew: all that the configuration concerns, ignored tags included."""
        self.request.say(f"{self.handle}: reading all that the configuration concerns")
        ignores = bool(self.account.policy.ignore)
        concerned = None if ignores else self._concerned(desired, EVERYTHING)
        listing = await self.provider.tags(concerned)
        return replace(live, tags=listing.tags, unread=listing.unread)

    def _concerned(self, desired: DesiredAccount, narrowing: Narrowing) -> frozenset[str] | None:
        """Companies that the work concerns; None: account level too, so read everything."""
        if self.request.list_unmanaged:
            return None
        covers = narrowing.covers_company
        places = {
            one
            for one in desired.tags
            if covers(None if one is None else desired.companies.get(one))
        }
        if None in places or not places:
            return None
        return frozenset(one for one in places if one is not None)


def _cost(changes: Sequence[Change], look: int) -> int:
    """Requests that applying will cost at most: one a change, and the looks.

    One look tells whether the plan is still fresh (spared when it is applied as it is made), one
    comes before deletes, one closes.
    """
    if not changes:
        return 0
    deletes = any(change.action is Action.DELETE for change in changes)
    return len(changes) + look * (3 if deletes else 2)
