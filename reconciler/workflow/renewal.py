"""A plan that is carried out later than it was made, held against today first.

Terms. *Today* is what is so when the plan is applied: live state, the accounts' policies where a
configuration is at hand (else those that the plan carries), the companies that are active, and
what has the tags that would go.

Premise. A saved plan is the approval of exactly its changes, and a file that anyone may have
edited: what it says of itself (that nothing blocks it, how much is lost) is never trusted, but
worked out again. What was reviewed must still be so: a touched object that differs, a company that
is disabled, a loss that has grown make it stale.

Method. Before any write, in every account: read live state, sort the changes into done, pending and
stale, count anew what has the tags that would go, and guard them by today's policy together with
all else that today's configuration takes away. Any objection refuses the whole plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.concurrency import side_by_side
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.executor import Deletes
from reconciler.model.change import Delete, Loss, Merge, Update, companies_of, needs_absence
from reconciler.model.names import any_alike
from reconciler.model.plan import NOTHING_BEYOND
from reconciler.model.state import Account, LiveAccount
from reconciler.model.trash import parse
from reconciler.planning import draft, guard
from reconciler.planning.canaries import canaries
from reconciler.planning.freshness import freshness
from reconciler.planning.guard import Measure, is_delete, is_removal, takes_away
from reconciler.planning.narrowing import EVERYTHING
from reconciler.planning.odd_rows import hold_deletes_back
from reconciler.planning.trash import deleted_if_unused
from reconciler.text.plural import count
from reconciler.workflow import clock
from reconciler.workflow.accounts import in_account
from reconciler.workflow.guarding import concerned, with_losses
from reconciler.workflow.refusals import blocked_refusal, by_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.config import Configuration
    from reconciler.model.change import Change, Count
    from reconciler.model.plan import AccountUse, Plan
    from reconciler.model.state import DesiredAccount
    from reconciler.model.tag import Company, LiveTag
    from reconciler.provider import Listing, Provider

MOST_AGE: Final = timedelta(days=7)
"""What was reviewed longer ago is not what anybody has in mind."""
CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""A plan made on another machine may seem to come from the future by so much."""
GROWTH: Final = 10
"""More interactions than were reviewed by so many, or by a tenth if that is more, are too many."""


def refuse_unless_current(plan: Plan, configuration: Configuration | None, now: datetime) -> str:
    """How old a saved ``plan`` is at ``now`` (UTC): ``8 days``, ``3 hours``, ``1 minute``.

    Raises RefusedError where it is too old to apply, or where today's ``configuration`` does not
    name its accounts, or reaches them otherwise than was reviewed.
    """
    age = _age(plan, now)
    if configuration is not None:
        _expect_own(plan, configuration)
    return _in_words(age)


def _age(plan: Plan, now: datetime) -> timedelta:
    hint = "Make a new plan and have it reviewed."
    try:
        made = datetime.fromisoformat(plan.created_at)
    except ValueError:
        raise RefusedError("the plan has no date", hint=hint) from None
    age = now - made.replace(tzinfo=made.tzinfo or UTC)
    if age > MOST_AGE:
        raise RefusedError(
            f"the plan is {_in_words(age)} old (made {plan.created_at}); it may be applied for "
            f"{_in_words(MOST_AGE)}",
            hint=hint,
        )
    if age < -CLOCKS_DIFFER:
        raise RefusedError(
            f"the plan is dated {_in_words(-age)} from now ({plan.created_at})",
            hint="Set the clock right, here or where it was planned, and plan again.",
        )
    return age


def _in_words(length: timedelta) -> str:
    """The largest unit that fits, rounded down."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if length.total_seconds() >= seconds:
            return count(int(length.total_seconds() // seconds), unit)
    return "less than a minute"


def _expect_own(plan: Plan, configuration: Configuration) -> None:
    own = {account.handle: account for account in configuration.accounts}
    for use in plan.accounts:
        account = own.get(use.account.handle)
        if account is None or account.ref.id != use.account.id:
            raise RefusedError(
                f"the plan is for {use.account.handle} ({use.account.id}), "
                "an account that the configuration does not name",
                hint="Plan again with this configuration, or leave --config out.",
            )
        for what, planned, now in (
            ("gateway", plan.gateway, configuration.gateway),
            ("connection", use.connection, account.connection),
            ("api_key_env", use.api_key_env, account.api_key_env),
        ):
            if planned != now:
                raise RefusedError(
                    f"{account.handle}: the plan was made for {what} {planned or '(none)'}, and "
                    f"the configuration has {now or '(none)'}",
                    hint="Plan again: how an account is reached is part of what was reviewed.",
                )


def names_accounts_of(plan: Plan, configuration: Configuration) -> bool:
    """Whether ``configuration`` names all of ``plan``'s accounts, by handle and id."""
    own = {(account.handle, account.ref.id) for account in configuration.accounts}
    return all((use.account.handle, use.account.id) in own for use in plan.accounts)


def accounts_of(plan: Plan, configuration: Configuration | None = None) -> list[Account]:
    """The accounts of ``plan``, with today's policy where ``configuration`` says it."""
    own = {account.handle: account for account in configuration.accounts} if configuration else {}
    return [own.get(use.account.handle) or _account_of(use) for use in plan.accounts]


def _account_of(use: AccountUse) -> Account:
    return Account(
        ref=use.account,
        source=use.source,
        connection=use.connection,
        api_key_env=use.api_key_env,
        policy=replace(use.policy, requests_per_hour=use.requests_per_hour),
        limits_source=use.limits_source,
    )


class Today(NamedTuple):
    """What live state says of a plan that waited: the changes that are ``done``, with the tags that
    were ``made``, and what has the tags that go, ``counted`` anew.
    """

    done: tuple[Change, ...] = ()
    counted: Mapping[Change, Loss] = MappingProxyType({})
    made: Mapping[Change, LiveTag] = MappingProxyType({})


async def today_of(
    plan: Plan,
    providers: Mapping[str, Provider],
    configuration: Configuration | None,
    *,
    deletes: Deletes,
) -> Today:
    """What live state says of ``plan`` today. Only reads.

    Of ``deletes`` that are held back nothing is asked. Raises RefusedError for what
    is stale or blocked today, and what reading raises, the account named.
    """
    work = [
        _Renewal(use, account, providers[account.handle], changes)
        for use, account in zip(plan.accounts, accounts_of(plan, configuration), strict=True)
        for changes in [_of_account(plan, account.handle, deletes)]
        if changes
    ]
    await side_by_side(one.read_companies(configuration) for one in work)
    desired: dict[str, DesiredAccount] = {}
    if configuration is not None and any(one.takes_away for one in work):
        resolved = configuration.only(one.account.handle for one in work).resolve(
            {one.account.handle: one.companies for one in work}
        )
        desired = {one.account.handle: one for one in resolved.accounts}
    found = await side_by_side(one.renewed(desired.get(one.account.handle)) for one in work)
    stale = [pair for one in found for pair in one.stale]
    if stale:
        raise RefusedError(
            f"the plan is stale, {count(len(stale), 'change')} can't be made as reviewed",
            hint="Make a new plan and have it reviewed.",
            reasons=by_reason(stale),
        )
    blocked = [change for one in found for change in one.blocked]
    if blocked:
        raise blocked_refusal(blocked)
    return Today(
        done=tuple(change for one in found for change in one.done),
        counted={change: loss for one in found for change, loss in one.counted},
        made={change: tag for one in found for change, tag in one.made.items()},
    )


def _of_account(plan: Plan, handle: str, deletes: Deletes) -> tuple[Change, ...]:
    return tuple(
        change
        for change in plan.changes
        if change.place.account.handle == handle
        and not (deletes is Deletes.HOLD_BACK and is_delete(change))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renewed:
    """What became of an account's changes since they were planned."""

    done: tuple[Change, ...]
    made: Mapping[Change, LiveTag]
    counted: list[tuple[Change, Loss]]
    stale: list[tuple[Change, str]]
    blocked: list[Change]


@dataclass(slots=True)
class _Renewal:
    """One account's part of the plan, on its way to be carried out."""

    use: AccountUse
    account: Account
    provider: Provider
    changes: tuple[Change, ...]
    companies: Sequence[Company] = ()

    @property
    def takes_away(self) -> bool:
        """Whether something is deleted or disabled."""
        return any(map(takes_away, self.changes))

    async def read_companies(self, configuration: Configuration | None) -> None:
        """Read them where changes are of companies, or the configuration's selectors matter."""
        selects = configuration is not None and configuration.needs_companies(self.account.handle)
        if (selects and self.takes_away) or any(one.place.company for one in self.changes):
            try:
                self.companies = await self.provider.companies()
            except ReconcilerError as error:
                raise in_account(error, self.account.handle) from error

    async def renewed(self, desired: DesiredAccount | None) -> _Renewed:
        """Hold the changes against live state, counts and guards of today."""
        try:
            self.provider.forget_usage()
            proven = self.takes_away or any(map(needs_absence, self.changes))
            listing = await self.provider.tags(self._to_read(desired), proven=proven)
            fresh = freshness(self.changes, listing.tags)
            pending, others = fresh.pending, self._others(desired, listing)
            removals = sum(map(is_removal, (*pending, *others)))
            # More than the limit are blocked whatever they lose: counting costs requests.
            if any(map(is_removal, pending)) and removals <= self.account.policy.limits.deletes:
                pending = await self._counted(pending)
                others = tuple(map(deleted_if_unused, await self._counted(others)))
            pending = await self._with_flows(pending)
            measured = [one for one in canaries(pending) if not is_removal(one)]
            pending = await with_losses(self.provider, pending, measured)
        except ReconcilerError as error:
            raise in_account(error, self.account.handle) from error
        stale = [(one.change, one.why) for one in fresh.stale]
        stale += [*self._of_disabled_companies(), *_grown(fresh.pending, pending)]
        beyond = NOTHING_BEYOND if desired is not None else self.use.beyond
        guarded = guard(self._measure(listing), pending, others=others, beyond=beyond)
        held = hold_deletes_back(guarded, listing.odd)
        blocked = [change for change in held if change.blocked_by is not None]
        anew = {one.tag_id for one in (*measured, *filter(is_removal, pending))}
        counted = [
            (planned, now.loss)
            for planned, now in zip(fresh.pending, pending, strict=True)
            if isinstance(now, Update | Delete) and now.tag_id in anew and now.loss is not None
        ]
        return _Renewed(
            done=fresh.done, made=fresh.made, counted=counted, stale=stale, blocked=blocked
        )

    def _to_read(self, desired: DesiredAccount | None) -> frozenset[str | None] | None:
        """Places whose tags must be read; None: everything, as guards count the whole."""
        touched = companies_of(self.changes)
        if not self.takes_away:
            return touched
        if self.account.policy.ignore:
            return None
        every = touched if desired is None else concerned(desired, EVERYTHING)
        return None if every is None else touched | every

    def _others(self, desired: DesiredAccount | None, listing: Listing) -> tuple[Change, ...]:
        """What today's configuration takes away beside the plan, in the plan's own places."""
        if desired is None or not self.takes_away:
            return ()
        live = LiveAccount(
            account=self.account.ref,
            tags=listing.tags,
            companies=desired.companies,
            unread=listing.unread or 0,
        )
        planned = {change.tag_id for change in self.changes}
        places = {change.place.company_id: change.place for change in self.changes}
        return tuple(
            replace(change, place=places.get(change.place.company_id, change.place))
            for change in draft(desired, live, today=clock.today()).changes
            if takes_away(change) and change.tag_id not in planned
        )

    async def _counted(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """``changes`` with what has the tags that go counted anew."""
        unguarded = [replace(change, blocked_by=None) for change in changes]
        removals = [change for change in unguarded if is_removal(change)]
        return await with_losses(self.provider, unguarded, removals)

    async def _with_flows(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """``changes`` with the flows counted anew that apply tags which merges give up."""
        merges = [one for one in changes if isinstance(one, Merge) and one.loss is not None]
        flows = await side_by_side(self.provider.flows(one.place, one.before) for one in merges)
        counted: dict[Change, Change] = {
            one: replace(one, loss=replace(one.loss or Loss(), flows=found.number))
            for one, found in zip(merges, flows, strict=True)
        }
        return tuple(replace(counted.get(one, one), blocked_by=None) for one in changes)

    def _measure(self, listing: Listing) -> Measure:
        ignored = any_alike(self.account.policy.ignore)
        tags = [tag for tag in listing.tags if parse(tag.name) is None and not ignored(tag.name)]
        places = {change.place.company_id: change.place for change in self.changes}
        live_in = dict.fromkeys(places.values(), 0)
        for tag in tags:
            if tag.company_id in places:
                live_in[places[tag.company_id]] += 1
        return Measure(
            account=self.account, live=len(tags) + (listing.unread or 0), live_in=live_in
        )

    def _of_disabled_companies(self) -> list[tuple[Change, str]]:
        active = {company.id for company in self.companies if company.active}
        return [
            (change, "the company is disabled or gone")
            for change in self.changes
            if change.place.company_id is not None and change.place.company_id not in active
        ]


def _grown(planned: Sequence[Change], counted_now: Sequence[Change]) -> list[tuple[Change, str]]:
    """Deletes that would lose what nobody reviewed: something instead of nothing, or much more."""
    grown: list[tuple[Change, str]] = []
    for before, now in zip(planned, counted_now, strict=True):
        if not (is_delete(before) and is_delete(now)) or before.loss is None or now.loss is None:
            continue
        reviewed, found = before.loss.interactions, now.loss.interactions
        if _is_more(reviewed, found) or (before.loss.flows.none and now.loss.flows.number):
            why = f"{_in_use(now.loss)} now, {_in_use(before.loss)} when it was reviewed"
            grown.append((before, why))
    return grown


def _is_more(reviewed: Count, found: Count) -> bool:
    if reviewed.none:
        return found.number > 0
    most = reviewed.most
    return most is not None and found.least > most + max(GROWTH, most // 10)


def _in_use(loss: Loss) -> str:
    interactions = count(loss.interactions.number, "interaction")
    flows = f" and {count(loss.flows.number, 'flow')}" if loss.flows.number else ""
    have = "has" if loss.interactions.number == 1 and not flows else "have"
    return f"{interactions}{flows} {have} the tag"
