"""From a configuration to a plan: companies, desired, live, draft, losses, guards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from reconciler.concurrency import side_by_side
from reconciler.model.change import Cause, Change, Merge, needs_absence
from reconciler.model.plan import AccountUse, Base, Plan
from reconciler.model.problem import unmuted
from reconciler.model.state import Account, LiveAccount, Unmanaged
from reconciler.planning import Draft, Narrowing, assemble, draft
from reconciler.planning.canaries import canaries, canary_cost
from reconciler.planning.causes import by_cause
from reconciler.planning.guard import is_removal, takes_away
from reconciler.planning.merging import canary_requests, requests
from reconciler.planning.narrowing import EVERYTHING
from reconciler.planning.odd_rows import hold_deletes_back, warn_of_odd_rows
from reconciler.provider import Listing, Provider
from reconciler.workflow.accounts import ABOUT_ONE_ACCOUNT, account_error, in_account
from reconciler.workflow.baseline import expect_known
from reconciler.workflow.filter_checks import check_companies, check_tags, declared_names
from reconciler.workflow.guarding import Guarded, Guarding, concerned, warn_of_flows
from reconciler.workflow.merging import Uses, flows_of, uses_of

if TYPE_CHECKING:
    from reconciler.config import Configuration
    from reconciler.errors import ReconcilerError
    from reconciler.model.outcome import AccountError
    from reconciler.model.problem import Problem
    from reconciler.model.state import DesiredAccount, Snapshot
    from reconciler.model.tag import Company
    from reconciler.model.trash import Day
    from reconciler.planning.since import Past
    from reconciler.workflow.baseline import Baseline

ProviderFor = Callable[[Account], Provider]
Part = tuple[Draft, AccountUse, Sequence[Change]]

SEVERAL_PAGES = 250
"""Tags; more than a page of the API's listings holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What is asked of a plan.

    ``today`` is the day by which the trash goes. ``count_usage``: count what has a tag that goes;
    ``count_all``: one that is disabled or renamed too. ``since`` is evidence of what people have
    renamed. ``base``: what distinguishes the changes, if anything; ``without_drift``: plan only
    what it does not plan as well. ``log`` gets one line of progress at a time.
    """

    narrowing: Narrowing
    today: Day
    count_usage: bool = True
    count_all: bool = False
    list_unmanaged: bool = False
    since: Snapshot | None = None
    base: Baseline | None = None
    without_drift: bool = False
    log: Callable[[str], None] = lambda _line: None


async def make_plan(
    configuration: Configuration, provider_for: ProviderFor, request: PlanRequest
) -> Plan:
    """Read what the configuration concerns and work out the plan.

    An account that can't be read is named in ``Plan.unread``, and the others are planned; where
    none can be read, the error of the first is raised. Raises ConfigError for selectors that match
    nothing, UsageError for a ``--company`` or ``--tag`` that does, or where ``--since`` has none of
    the accounts, RefusedError for ``without_drift`` where no cause is known.
    """
    if request.without_drift:
        expect_known(request.base)
    everyone = [_Reading(one, provider_for, request) for one in configuration.accounts]
    evidence = None
    if request.since is not None:
        # Here and not above: most plans are held against no snapshot.
        from reconciler.workflow.since import evidence_of, past_of  # noqa: PLC0415

        evidence = evidence_of(request.since, configuration.accounts)
        for one in everyone:
            one.past = past_of(request.since, one.account)
    needs = configuration.needs_companies
    await side_by_side(one.read_companies(needed=needs(one.handle)) for one in everyone)
    accounts = _readable(everyone)
    readable = configuration.only(one.handle for one in accounts)
    desired = readable.resolve({one.handle: one.companies for one in accounts})
    if len(accounts) == len(everyone):
        check_companies(request.narrowing.companies, configuration, desired)
    base = None if request.base is None else request.base.against(desired.accounts)
    if request.without_drift:
        expect_known(base)
    await side_by_side(
        one.plan(own, None if base is None else base.desired(own))
        for one, own in zip(accounts, desired.accounts, strict=True)
    )
    accounts = _readable(everyone)
    if len(accounts) == len(everyone):
        _check_tags(request.narrowing, configuration, everyone)
    plan = assemble(
        [one.part for one in accounts if one.part is not None],
        warnings=[
            *desired.warnings,
            *chain.from_iterable((*one.odd, *one.usage) for one in accounts),
        ],
        list_unmanaged=request.list_unmanaged,
    )
    shown, muted = unmuted(plan.warnings, configuration.muted)
    return replace(
        plan,
        gateway=configuration.gateway,
        exceptions=tuple(filter(request.narrowing.covers_exception, readable.excepted))
        if readable.exemptions
        else (),
        warnings=shown,
        muted=muted,
        unread=tuple(one.unread for one in everyone if one.unread is not None),
        companies_unread=any(one.companies_unread for one in accounts),
        since=evidence,
        base=None if base is None else _base_of_plan(base, accounts, request),
    )


def _base_of_plan(base: Baseline, accounts: Sequence[_Reading], request: PlanRequest) -> Base:
    """What the plan says of its base."""
    drift = sum(one.drift for one in accounts) if request.without_drift else None
    return base.of_plan(undone=chain.from_iterable(one.undone for one in accounts), drift=drift)


def _readable(accounts: Sequence[_Reading]) -> list[_Reading]:
    """Those of ``accounts`` that could be read; where there are none, the first error is raised."""
    readable = [one for one in accounts if one.error is None]
    first = accounts[0] if accounts else None
    if not readable and first is not None and first.error is not None:
        raise in_account(first.error, first.handle)
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
    odd: Sequence[Problem] = ()
    usage: Sequence[Problem] = ()
    companies_unread: bool = False
    error: ReconcilerError | None = None
    opened: Provider | None = None
    live_names: set[str] = field(default_factory=set)
    """Names of the live tags, where the work is narrowed to some."""
    companies_cost: int = 0
    """Requests that reading the companies took."""
    left_out: int = 0
    """Live tags that were left out because nothing is declared in their places."""
    past: Past | None = None
    """The account as the snapshot of ``--since`` has it."""
    undone: Sequence[Change] = ()
    """What the base plans and this configuration does not."""
    places_read: frozenset[str | None] | None = None
    """Places whose tags were read; None: all."""
    drift: int = 0
    """Changes that the base plans as well."""

    @property
    def handle(self) -> str:
        return self.account.ref.handle

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
        self.request.log(f"{self.account.handle}: reading companies")
        try:
            before = self.provider.requests
            self.companies = await self.provider.companies()
            self.companies_cost = self.provider.requests - before
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error

    async def plan(self, desired: DesiredAccount, base: DesiredAccount | None) -> None:
        """Fill in ``part``, or ``error`` where live state can't be read; ``base`` is what was
        desired before this change.
        """
        try:
            self.part = await self._part(desired, base)
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error

    async def _part(self, desired: DesiredAccount, base: DesiredAccount | None) -> Part:
        self.request.log(f"{self.account.handle}: reading tags")
        listing, reading, drafted, live = await self._drafted(desired)
        self.left_out = listing.unread or 0
        self.odd = warn_of_odd_rows(listing.odd, desired)
        self.companies_unread = listing.unread is None and self.request.narrowing == EVERYTHING
        if self.request.narrowing.tags:
            self.live_names.update(tag.name for tag in listing.tags)
        provider, guarding = self.provider, self._guarding
        drafted, guarded, counting = await self._guarded(desired, base, listing, live, drafted)
        drafted = await guarding.with_uses(drafted)
        if self.request.count_usage:
            self.usage = await warn_of_flows(provider, self.handle, guarded.changes)
        changes = hold_deletes_back(guarded.changes, listing.odd)
        use = AccountUse(
            account=self.account.ref,
            plan_requests=provider.requests,
            apply_requests=apply_cost(
                changes, reading, companies=self.companies_cost, counting=counting
            ),
            merge_requests=_of_merges(changes, reading),
            connection=self.account.connection,
            api_key_env=self.account.api_key_env,
            requests_per_hour=self.account.policy.requests_per_hour,
            allowance=provider.allowance,
            policy=self.account.policy,
            source=self.account.source,
            limits_source=self.account.limits_source,
            beyond=guarded.beyond,
            companies=tuple(one for one in self.companies if one.active),
        )
        return drafted, use, changes

    async def _guarded(
        self,
        desired: DesiredAccount,
        base: DesiredAccount | None,
        listing: Listing,
        live: LiveAccount,
        drafted: Draft,
    ) -> tuple[Draft, Guarded, int]:
        """What was ``drafted``, guarded; with merges once it is known what has their tags.

        Also what counting anew will cost: what goes is counted first, then the flows of merges.
        """
        provider, guarding = self.provider, self._guarding
        merging = self.request.count_usage and bool(drafted.groups)
        if base is not None and not merging:
            drafted = self._with_causes(drafted, base, listing, live, {})
        before = provider.requests
        guarded = await guarding.guarded(desired, live, drafted)
        counting = provider.requests - before
        if counting and not (any(map(is_removal, guarded.changes)) or canaries(guarded.changes)):
            counting = 0
        if merging:
            before = provider.requests
            await flows_of(provider, drafted.groups)
            counting += provider.requests - before
            uses = await uses_of(provider, drafted.groups)
            drafted = self._draft(desired, live, uses)
            if base is not None:
                drafted = self._with_causes(drafted, base, listing, live, uses)
            silent = replace(guarding, log=lambda _line: None)
            guarded = await silent.guarded(desired, live, drafted)
        return drafted, guarded, counting

    def _with_causes(
        self, drafted: Draft, base: DesiredAccount, listing: Listing, live: LiveAccount, uses: Uses
    ) -> Draft:
        """``drafted``, each change with its cause; nothing is read for it.

        What the base declares where this configuration had nothing read says nothing. An unproven
        listing does not show for certain that a tag is missing.
        """
        places = self.places_read
        if places is not None:
            base = base._replace(
                tags={place: tags for place, tags in base.tags.items() if place in places},
                promoted={one: names for one, names in base.promoted.items() if one in places},
            )
        caused = by_cause(drafted.changes, self._draft(base, live, uses).changes)
        self.undone = [one for one in caused.undone if listing.proven or not needs_absence(one)]
        self.drift = sum(change.cause is Cause.DRIFT for change in caused.changes)
        return drafted._replace(changes=caused.changes)

    def _draft(self, desired: DesiredAccount, live: LiveAccount, uses: Uses) -> Draft:
        request = self.request
        return draft(
            desired, live, request.narrowing, today=request.today, uses=uses, past=self.past
        )

    @property
    def _guarding(self) -> Guarding:
        return Guarding(
            provider=self.provider,
            narrowing=self.request.narrowing,
            today=self.request.today,
            without_drift=self.request.without_drift,
            count=self.request.count_usage,
            count_all=self.request.count_all,
            past=self.past,
            log=lambda line: self.request.log(f"{self.handle}: {line}"),
        )

    async def _drafted(self, desired: DesiredAccount) -> tuple[Listing, int, Draft, LiveAccount]:
        """Live tags, what it costs to read them again, and the draft that rests on them.

        An unproven listing will do where nothing rests on what it does not show, and one of the
        narrowed places where nothing is taken away there.
        """
        places = self._concerned(desired, self.request.narrowing)
        # Where several pages are declared, one more for the proof hardly counts.
        proven, whole = len(desired.tags.get(None, ())) >= SEVERAL_PAGES, False
        provider = self.provider
        while True:
            before = provider.requests
            self.places_read = places
            listing = await provider.tags(places, proven=proven)
            spent = provider.requests - before
            live = LiveAccount(
                account=self.account.ref,
                tags=listing.tags,
                companies=desired.companies,
                unread=listing.unread or 0,
                odd=len(listing.odd),
            )
            request = self.request
            drafted = draft(desired, live, request.narrowing, today=request.today, past=self.past)
            if not (listing.proven or proven) and self._needs_absence(desired, drafted, live):
                proven = True
            elif not whole and self._guarding.needs_all(drafted, listing.unread):
                self.request.log(f"{self.handle}: reading all that the configuration concerns")
                ignores = bool(self.account.policy.ignore)
                places = None if ignores else self._concerned(desired, EVERYTHING)
                proven = whole = True
            else:
                cost = spent if listing.cost is None else listing.cost
                return listing, cost, drafted, live

    def _needs_absence(self, desired: DesiredAccount, drafted: Draft, live: LiveAccount) -> bool:
        """Whether the draft might be another one if a tag were live that was not shown."""
        if any(map(needs_absence, drafted.changes)):
            return True
        if self.account.policy.unmanaged is not Unmanaged.KEEP:
            return True
        places = self._concerned(desired, self.request.narrowing) or ()
        shown = {(tag.company_id, tag.name) for tag in live.tags}
        return any(
            (place, name) not in shown for place in places for name in desired.tags.get(place, ())
        )

    def _concerned(
        self, desired: DesiredAccount, narrowing: Narrowing
    ) -> frozenset[str | None] | None:
        """Places that the work concerns; None: everything must be read."""
        return None if self.request.list_unmanaged else concerned(desired, narrowing)


def apply_cost(changes: Sequence[Change], reading: int, *, companies: int, counting: int) -> int:
    """Requests that applying will cost at most: one a change but for merges, which cost one an
    interaction and more, the reads, and counting anew.

    Before a plan is carried out later than it was made, one read tells whether it is still fresh,
    ``companies`` whether theirs are still active, and ``counting`` what has the tags that go (none
    of that when it is applied as it is made). One read comes before those go, one verifies.
    """
    if not changes:
        return 0
    single = sum(not isinstance(change, Merge) for change in changes)
    cost = single + _of_merges(changes, reading) + canary_cost(changes) + reading * 2
    if any(change.place.company for change in changes) or any(map(takes_away, changes)):
        cost += companies
    if any(map(is_removal, changes)):
        cost += reading
    return cost + counting


def _of_merges(changes: Sequence[Change], reading: int) -> int:
    merges = [change for change in changes if isinstance(change, Merge)]
    return sum(map(requests, merges)) + canary_requests(merges, reading) if merges else 0
