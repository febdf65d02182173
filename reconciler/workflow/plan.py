"""From a configuration to a plan: companies, desired, live, draft, losses, guards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Change
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.problem import unmuted
from reconciler.model.state import Account, LiveAccount
from reconciler.planning import Draft, Narrowing, assemble, draft
from reconciler.planning.narrowing import EVERYTHING
from reconciler.provider import Provider
from reconciler.workflow.accounts import (
    ABOUT_ONE_ACCOUNT,
    account_error,
    in_account,
    side_by_side,
)
from reconciler.workflow.guarding import Guarding
from reconciler.workflow.narrowed import check_companies, check_tags, declared_names

if TYPE_CHECKING:
    from reconciler.config import Configuration
    from reconciler.errors import ReconcilerError
    from reconciler.model.outcome import AccountError
    from reconciler.model.state import DesiredAccount
    from reconciler.model.tag import Company

ProviderFor = Callable[[Account], Provider]
Part = tuple[Draft, AccountUse, Sequence[Change]]


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

    An account that can't be read is named in ``Plan.unread``, and the others are planned; where
    none can be read, the error of the first is raised. Raises ConfigError for selectors that match
    nothing, UsageError for a ``--company`` or ``--tag`` that does.
    """
    everyone = [_Reading(one, provider_for, request) for one in configuration.accounts]
    needs = configuration.needs_companies
    await side_by_side(one.read_companies(needed=needs(one.handle)) for one in everyone)
    accounts = _readable(everyone)
    readable = configuration.only(one.handle for one in accounts)
    desired = readable.resolve({one.handle: one.companies for one in accounts})
    if len(accounts) == len(everyone):
        check_companies(request.narrowing.companies, configuration, desired)
    await side_by_side(one.plan(wish) for one, wish in zip(accounts, desired.accounts, strict=True))
    accounts = _readable(everyone)
    if len(accounts) == len(everyone):
        _check_tags(request.narrowing, configuration, everyone)
    plan = assemble(
        [one.part for one in accounts if one.part is not None],
        warnings=desired.warnings,
        list_unmanaged=request.list_unmanaged,
    )
    unread = tuple(one.unread for one in everyone if one.unread is not None)
    shown, muted = unmuted(plan.warnings, configuration.muted)
    return replace(plan, gateway=configuration.gateway, warnings=shown, muted=muted, unread=unread)


def _readable(accounts: Sequence[_Reading]) -> list[_Reading]:
    """Those of ``accounts`` that could be read; where there are none, the first error is raised."""
    readable = [one for one in accounts if one.error is None]
    first = accounts[0] if accounts else None
    if not readable and first is not None and first.error is not None:
        raise first.error if len(accounts) == 1 else in_account(first.error, first.handle)
    return readable


def _check_tags(
    narrowing: Narrowing, configuration: Configuration, accounts: Sequence[_Reading]
) -> None:
    """Refuse a ``--tag`` that matches nothing; all ``accounts`` were read, so none may hold it."""
    live = (name for one in accounts for name in one.live_names)
    names = {*declared_names(configuration), *live} if narrowing.tags else set()
    check_tags(narrowing.tags, names, unread=any(one.left_out for one in accounts))


@dataclass(slots=True)
class _Reading:
    """One account on its way to a draft."""

    account: Account
    provider_for: ProviderFor
    request: PlanRequest
    companies: Sequence[Company] = ()
    part: Part | None = None
    error: ReconcilerError | None = None
    opened: Provider | None = None
    live_names: set[str] = field(default_factory=set)
    """Names of the live tags, where the work is narrowed to some."""
    left_out: int = 0
    """Live tags that were left out because nothing is declared in their places."""

    @property
    def handle(self) -> str:
        return self.account.handle

    @property
    def provider(self) -> Provider:
        """The account's provider; raises AuthError where there is no key for it."""
        if self.opened is None:
            self.opened = self.provider_for(self.account)
        return self.opened

    @property
    def unread(self) -> AccountError | None:
        """Why the account could not be read."""
        if self.error is None:
            return None
        sent = 0 if self.opened is None else self.opened.requests
        return account_error(self.error, handle=self.handle, requests=sent)

    async def read_companies(self, *, needed: bool) -> None:
        if not needed:
            return
        self.request.say(f"{self.handle}: reading companies")
        try:
            self.companies = await self.provider.companies()
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error

    async def plan(self, desired: DesiredAccount) -> None:
        """Fill in ``part``, or ``error`` where live state can't be read."""
        try:
            self.part = await self._part(desired)
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error

    async def _part(self, desired: DesiredAccount) -> Part:
        self.request.say(f"{self.handle}: reading tags")
        before = self.provider.requests
        listing = await self.provider.tags(self._concerned(desired, self.request.narrowing))
        look = self.provider.requests - before
        self.left_out = listing.unread
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
