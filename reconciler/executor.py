"""Carries out a Plan through providers; makes no decisions.

Terms. A *phase* is all updates, creates, merges or removals (moves to the trash, and deletes) of an
account. An *account error* ends
an account's work: no key, quota, a server that speaks another protocol or can't be reached, a
create whose outcome nobody knows, a signal. A *trial* is the first change that asks for a colour
that no live tag of the account is known to have.

Premise. What is to be done was decided by planning and approved by someone; nothing is decided
here but when to stop. Every change ends in exactly one outcome, also those that were not tried.

Method. Accounts go side by side. In each: updates, creates, merges (:mod:`reconciler.merging`), a
fresh listing, then only those removals whose tag is seen unchanged in that listing. A trial goes
before the others that ask for its colour: where it is refused they are not tried. A refused update
or create does not stop its neighbours, but whatever failed or is unknown in an account holds back
its removals. Then
verification: live state is read once more and compared with the plan. Nothing that fails on the
way, our own faults and whoever hears of outcomes included, keeps the report from being made.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from reconciler.concurrency import side_by_side
from reconciler.errors import (
    AuthError,
    ForbiddenError,
    Interrupted,
    ProtocolError,
    QuotaError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.measuring import HarmedError, Measuring
from reconciler.merging import Merging
from reconciler.model.change import (
    Change,
    Create,
    Delete,
    Loss,
    Merge,
    Update,
    companies_of,
    needs_absence,
)
from reconciler.model.outcome import (
    AccountError,
    Appended,
    Outcome,
    Report,
    Result,
    Verification,
)
from reconciler.model.tag import Level, differing
from reconciler.planning.assemble import Phase, phase
from reconciler.planning.canaries import (
    MOST_ASKED,
    Effect,
    canary,
    cheapest_to_measure,
    effects,
    is_counted,
)
from reconciler.planning.verification import Verified, as_stored, combined, verify
from reconciler.text.plural import count, number
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from reconciler.model.plan import Plan
    from reconciler.model.tag import LiveTag
    from reconciler.provider import Provider

LOG = logging.getLogger("reconciler.executor")


class Deletes(Enum):
    """What a run may do about the plan's deletes."""

    SEND = auto()
    HOLD_BACK = auto()
    """They are left for another run."""
    UNDECIDED = auto()
    """Nobody said: a plan that has some is refused."""


class Watcher(Protocol):
    """Who hears of each outcome as it comes."""

    def outcome(self, outcome: Outcome) -> None:
        """One change has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """How a plan is carried out.

    ``counted`` is what has the tags of changes, where that was counted after they were planned;
    ``made`` the tags of creates that an earlier run has carried out.
    ``parallelism`` counts changes in flight an account. ``stopping`` gives the signal that asked
    for the end, or None. ``pause`` waits (seconds) before live state is read again to verify: a
    server may list what was written with some delay.
    """

    watcher: Watcher
    deletes: Deletes = Deletes.SEND
    counted: Mapping[Change, Loss] = field(default_factory=dict)
    made: dict[Change, LiveTag] = field(default_factory=dict)
    parallelism: int = 10
    stopping: Callable[[], int | None] = lambda: None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


async def execute(
    plan: Plan, providers: Mapping[str, Provider], run: RunContext, *, done: Collection[Change] = ()
) -> Report:
    """Carry out ``plan``; ``providers`` are keyed by account handle. Never raises for a failure.

    ``done``: changes that live state shows as made already; they are reported as skipped.
    """
    spent = sum(provider.requests for provider in providers.values())
    by_account: dict[str, list[Change]] = {use.account.handle: [] for use in plan.accounts}
    for change in plan.changes:
        by_account[change.place.account.handle].append(change)
    works = [_AccountWork(name, own, providers[name], run) for name, own in by_account.items()]
    for work in works:
        work.skip(set(done))
    await side_by_side(work.carry_out() for work in works)
    outcomes = {change: outcome for work in works for change, outcome in work.outcomes.items()}
    verified = combined(work.verified for work in works)
    return Report(
        plan=plan,
        outcomes=tuple(outcomes[change] for change in plan.changes),
        verification=verified.verification,
        missing=verified.missing,
        differences=verified.differences,
        account_errors=tuple(work.error for work in works if work.error),
        signal=run.stopping(),
        requests=sum(provider.requests for provider in providers.values()) - spent,
    )


@dataclass(slots=True)
class _AccountWork:
    """One account's part of the plan."""

    handle: str
    changes: Sequence[Change]
    provider: Provider
    run: RunContext
    outcomes: dict[Change, Outcome] = field(default_factory=dict)
    error: AccountError | None = None
    verified: Verified = field(default_factory=Verified)
    _colors: set[str] = field(default_factory=set)
    _trials: dict[str, asyncio.Event] = field(default_factory=dict)
    _refused_colors: dict[str, Change] = field(default_factory=dict)
    _forbidden: Change | None = None
    """The account-level change that met a 403."""
    _merging: Merging = field(init=False)
    _measuring: Measuring = field(init=False)
    _proven: set[Effect] = field(default_factory=set)
    """What is seen to leave a tag on what has it."""
    _first: Update | None = None
    """The canary that is on its way."""
    _asks: int = MOST_ASKED
    """Of how many tags that nobody counted it may still be asked what has them."""
    _harmed: dict[Effect, Change] = field(default_factory=dict)
    """The change by which something lost its tag; none that does the same is tried."""
    _made: dict[Change, LiveTag] = field(default_factory=dict)
    _in_part: bool = False
    """Whether a change that failed was made in part."""
    _ended: Counter[Result] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._merging = Merging(
            self.provider, companies_of(self.changes), self.run.parallelism, self.run.stopping
        )
        self._measuring = Measuring(self.provider)

    def skip(self, done: Collection[Change]) -> None:
        """Account for the changes that are made already."""
        for change in self.changes:
            if change in done:
                made = self.run.made.get(change)
                tag_id = change.tag_id if made is None else made.id
                self._end(Outcome(change=change, result=Result.SKIPPED, tag_id=tag_id))

    async def carry_out(self) -> None:
        """Do the phases, account for what was not tried, and verify; an error stays this account's.

        So it never raises one: nothing that happens here may end another account's work.
        """
        try:
            self._colors |= self.provider.colors
            for each in Phase:
                changes = await self._due(each)
                if each is Phase.MERGES:
                    await self._merge(changes)
                else:
                    await self._phase(changes)
        except Exception as error:  # noqa: BLE001 - what is done must be reported, bug or not
            self._stop(_defect(f"the work in {self.handle}", error))
        self._give_up_remaining()
        try:
            await self._verify()
        except Exception as error:  # noqa: BLE001 - same
            self.verified = Verified(Verification.READ_FAILED, missing=self._not_done())
            self._stop(_defect(f"the last read of {self.handle}", error))

    async def _due(self, due: Phase) -> Sequence[Change]:
        """The changes of a phase that may go ahead."""
        changes = [
            change
            for change in self.changes
            if phase(change) is due and change not in self.outcomes
        ]
        if due is Phase.REMOVALS:
            return await self._removals(
                [one for one in changes if not isinstance(one, Create | Merge)]
            )
        return changes

    async def _phase(self, changes: Sequence[Change]) -> None:
        """Work off ``changes`` with as many workers as the run allows, canaries first and alone."""
        remaining = list(changes)
        while (first := canary(remaining, self._proven, asks=self._asks)) is not None:
            self._first = first
            if self._stopped(first):
                break
            remaining.remove(first)
            if self._harm(first) is None:
                await self._after_trial(first)
        self._first = None
        waiting = iter(remaining)

        async def worker() -> None:
            for change in waiting:
                if self._harmed and self._harm(change) is not None:
                    continue
                if self._stopped(change):
                    return
                await self._after_trial(change)

        await side_by_side(worker() for _ in range(min(self.run.parallelism, len(remaining))))

    async def _merge(self, changes: Sequence[Change]) -> None:
        """Work off merges: one alone until it is seen that they keep what is there.

        Those into one tag follow each other, and the one by which it takes its name over is first;
        companies' tags that become the account's as it is wait for nothing. The first is one that
        shows most cheaply that what has a tag keeps it.
        """
        into: dict[int, list[Merge]] = {}
        for change in changes:
            if isinstance(change, Merge):
                same = change.into
                if change.promotes and (same is None or not differing(same, change.after)):
                    same = change.before
                into.setdefault((same or change.before).id, []).append(change)
        groups = [sorted(group, key=lambda one: not one.renames) for group in into.values()]
        waiting = iter(sorted(groups, key=lambda group: cheapest_to_measure(group[0])))

        async def worker(*, until_proven: bool) -> None:
            for group in waiting:
                for change in group:
                    if self._stopped(change) or self._harm(change) is not None:
                        return
                    await self._one(change)
                if until_proven and self._merging.proven:
                    return

        await worker(until_proven=True)
        workers = min(self.run.parallelism, len(into))
        await side_by_side(worker(until_proven=False) for _ in range(workers))

    def _stopped(self, change: Change) -> bool:
        return (
            self.error is not None
            or self.run.stopping() is not None
            or (phase(change) is Phase.REMOVALS and self._went_wrong() is not None)
        )

    async def _after_trial(self, change: Change) -> None:
        """Do ``change`` once it is known that the account takes its colour, or as the trial."""
        color = _asked_color(change)
        while color is not None and color not in self._colors:
            if (refused := self._refused_colors.get(color)) is not None:
                why = f'same color, {color}, as "{refused.name}", which was refused'
                self._end(Outcome(change=change, result=Result.NOT_TRIED, message=why))
                return
            if (running := self._trials.get(color)) is None:
                await self._try(change, color)
                return
            await running.wait()
            if self._stopped(change):
                return
        await self._one(change)

    async def _try(self, change: Change, color: str) -> None:
        self._trials[color] = asyncio.Event()
        try:
            refusal = await self._one(change)
            if change in self.outcomes and self.outcomes[change].result.succeeded:
                self._colors.add(color)
            elif refusal is not None and _is_about_color(refusal, color):
                self._refused_colors[color] = change
        finally:
            self._trials.pop(color).set()

    async def _one(self, change: Change) -> RejectedError | None:
        """Do ``change`` and note how it ended; returns the server's refusal."""
        if self._forbidden is not None and change.place.level is Level.ACCOUNT:
            why = f'403 for "{self._forbidden.name}": account-level tags are for administrators'
            self._end(Outcome(change=change, result=Result.NOT_TRIED, message=why))
            return None
        try:
            self._end(await self._send(change))
        except UnknownOutcomeError as error:
            self._note(change, Result.UNKNOWN, error, message=error.beside_its_change)
            if isinstance(change, Create):
                self._stop(error)
        except RejectedError as error:
            self._in_part = self._in_part or error.in_part
            if isinstance(error, HarmedError):
                self._harmed |= dict.fromkeys(error.effects, change)
            self._note(change, Result.FAILED, self._explained(change, error))
            return error
        except ReconcilerError as error:
            # The provider promises that after any other error nothing was written.
            self._stop(error)
            cause = self._why_stopped() if self.error is None else _STOPPED_AT
            if isinstance(change, Merge):
                cause = self._as_far_as(change)
            self._end(Outcome(change=change, result=Result.NOT_TRIED, message=cause))
        except Exception as error:  # noqa: BLE001 - what is done must be reported, bug or not
            defect = _defect(f"{change.action} of {change.name!r}", error)
            self._note(change, Result.UNKNOWN, defect)
            self._stop(defect)
        except asyncio.CancelledError as error:
            # A defect beside it ended the account's work; its request may have been sent.
            self._note(
                change, Result.UNKNOWN, _defect(f"{change.action} of {change.name!r}", error)
            )
            raise
        return None

    async def _send(self, change: Change) -> Outcome:
        match change:
            case Create(place=place, after=after):
                made = await self.provider.create(place, after)
                self._made[change] = made.tag
                return as_stored(change, Result.ADOPTED if made.adopted else Result.DONE, made.tag)
            case Update():
                return await self._update(change)
            case Merge():
                into = self._into(change)
                if into is None:
                    why = f"there is no {double_quoted(change.name)} on account level"
                    return Outcome(change=change, result=Result.NOT_TRIED, message=why)
                await self._merging.merge(change, into)
                return Outcome(change=change, result=Result.DONE, tag_id=change.tag_id)
            case Delete(before=before):
                result = Result.DONE if await self.provider.delete(before) else Result.SKIPPED
                return Outcome(change=change, result=result, tag_id=before.id)

    def _into(self, change: Merge) -> LiveTag | None:
        """The tag that interactions get: one that was live, or that this plan has made; None: that
        was not made.
        """
        if change.into is not None:
            return change.into
        for made, tag in (self.run.made | self._made).items():
            if made.place == change.place._replace(company=None) and made.name == change.name:
                return tag
        return None

    async def _update(self, change: Update) -> Outcome:
        """Send it; what has the tag of a canary is measured before and after."""
        loss = self.run.counted.get(change, change.loss)
        had = None
        if change is self._first:
            self._asks -= not is_counted(loss)
            had = await self._measuring.had(change, loss)
        written = await self.provider.update(change.before, change.after)
        if written.already:
            return as_stored(change, Result.SKIPPED, written.tag)
        kept = None if had is None else await self._measuring.kept(change, written.tag, had)
        if kept is not None:
            self._proven |= effects(change)
            self._merging.kept = self._proven >= {Effect.RENAME, Effect.DISABLE}
        return replace(as_stored(change, Result.DONE, written.tag), kept=kept)

    def _explained(self, change: Change, error: RejectedError) -> RejectedError:
        """``error``; of a 403 on account level it is known who may."""
        if isinstance(error, ForbiddenError) and change.place.level is Level.ACCOUNT:
            self._forbidden = self._forbidden or change
            error.hint = "Only administrators may create, change and delete account-level tags."
        return error

    async def _removals(self, changes: Sequence[Update | Delete]) -> Sequence[Change]:
        """Those that may go ahead: allowed, and their tag seen unchanged just now."""
        if self.run.deletes is Deletes.HOLD_BACK:
            for change in changes:
                if isinstance(change, Delete):
                    self._end(Outcome(change=change, result=Result.HELD_BACK))
            changes = [change for change in changes if not isinstance(change, Delete)]
        if not changes or self._stopped(changes[0]):
            return ()
        try:
            listing = await self.provider.tags(companies_of(changes), proven=True)
        except ReconcilerError as error:
            self._stop(error)
            return ()
        if listing.odd:
            # Not understood is no basis for what can't be undone; the next plan names the row.
            self._stop(ProtocolError("the listing has an odd row", hint="Plan again."))
            return ()
        live = {tag.id: tag for tag in listing.tags}
        written = {one.tag_id: one for one in self.outcomes.values()}
        return [
            change
            for change in changes
            if self._still_as_planned(change, live.get(change.tag_id), written.get(change.tag_id))
        ]

    def _still_as_planned(
        self, change: Update | Delete, tag: LiveTag | None, use: Outcome | None
    ) -> bool:
        """Whether ``tag`` may go; ``use`` is what this run made or changed under its id."""
        deletes = isinstance(change, Delete)
        left = "it was not deleted" if deletes else "it did not go to the trash"
        if use is not None:
            message = f'the server gave "{use.change.name}" this very tag, so {left}'
            hint = "The server takes both names for one: write only one of them."
            self._note(change, Result.FAILED, RejectedError(message, status=409, hint=hint))
        elif tag is None and deletes:
            self._end(Outcome(change=change, result=Result.SKIPPED, tag_id=change.tag_id))
        elif tag != change.before:
            what = "is gone" if tag is None else "has changed since the plan was made"
            message = f"the tag {what}, so {left}"
            self._note(
                change, Result.FAILED, RejectedError(message, status=409, hint="Plan again.")
            )
        else:
            return True
        return False

    def _note(
        self, change: Change, result: Result, error: ReconcilerError, *, message: str | None = None
    ) -> None:
        self._end(
            Outcome(
                change=change,
                result=result,
                message=message or error.message,
                hint=error.hint,
                tag_id=change.tag_id,
            )
        )

    def _as_far_as(self, change: Merge) -> str:
        """Why ``change`` is not done, and what of it is."""
        why = "interrupted" if self.error is None else "the account's work stopped at it"
        done = self._merging.appended.get(change, Appended())
        if not (done.got or done.left):
            return why
        left = "" if done.left is None else f", {number(done.left)} are left"
        return f"{why}: {count(done.got, 'interaction')} got it{left}"

    def _end(self, outcome: Outcome) -> None:
        if isinstance(outcome.change, Merge):
            appended = self._merging.appended.get(outcome.change)
            kept = self._merging.measured.get(outcome.change)
            outcome = replace(outcome, appended=appended, kept=kept)
        self.outcomes[outcome.change] = outcome
        self._ended[outcome.result] += 1
        with suppress(Exception):  # a full disk or a closed terminal must not end the work
            self.run.watcher.outcome(outcome)

    def _stop(self, error: ReconcilerError) -> None:
        if isinstance(error, Interrupted) and self.run.stopping() is not None:
            return
        self.error = self.error or AccountError(
            account=self.handle,
            code=error.code,
            message=error.message,
            hint=error.hint,
        )

    def _give_up_remaining(self) -> None:
        for change in self.changes:
            if change not in self.outcomes:
                why = self._why_stopped()
                why = why or self._harm(change)
                if why is None and phase(change) is Phase.REMOVALS:
                    why = self._went_wrong()
                self._end(Outcome(change=change, result=Result.NOT_TRIED, message=why))

    def _why_stopped(self) -> str | None:
        if self.error is not None:
            return "the account's work stopped before it"
        return "interrupted" if self.run.stopping() is not None else None

    def _harm(self, change: Change) -> str | None:
        """What forbids ``change``: one that does the same to a tag took something away."""
        if not self._harmed:
            return None
        for effect in sorted(effects(change)):
            if (harmful := self._harmed.get(effect)) is not None:
                return f'the {effect} of "{harmful.names[0]}" took the tag off what had it'
        return None

    def _went_wrong(self) -> str | None:
        """What keeps the account's removals from being tried."""
        for result, how in ((Result.FAILED, "failed"), (Result.UNKNOWN, "ended unknown")):
            if times := self._ended[result]:
                return f"{count(times, 'change')} before it {how}"
        return None

    def _not_done(self) -> int:
        return sum(not one.result.succeeded for one in self.outcomes.values())

    async def _verify(self) -> None:
        """Read live state and compare; a server that lists with delay gets ten seconds."""
        written = self._in_part or self._merging.wrote
        if not written and not any(map(_may_be_written, self.outcomes.values())):
            self.verified = Verified(missing=self._not_done())
            return
        no_access = self.error is not None and self.error.code in {AuthError.code, QuotaError.code}
        if self.run.stopping() is not None or no_access:
            self.verified = Verified(Verification.NOT_READ, missing=self._not_done())
            return
        companies = companies_of(self.changes)
        sure = any(map(needs_absence, self.changes))
        for pause in (*_PAUSES, None):
            try:
                listing = await self.provider.tags(companies, proven=sure)
                self.verified, seen = verify(self.outcomes.values(), listing.tags)
                if not self.verified.differences or pause is None:
                    break
                await self.run.pause(pause)
            except ReconcilerError as error:
                self.verified = Verified(Verification.READ_FAILED, missing=self._not_done())
                self._stop(error)
                return
        self.outcomes.update((one.change, one) for one in seen)


_STOPPED_AT = "the account's work stopped at it, and nothing of it was written"

_PAUSES = (5.0, 5.0)
"""Seconds between verifying reads of a server that lists with delay; each costs the listing."""


def _defect(what: str, error: BaseException) -> ReconcilerError:
    """What is reported of a fault of our own, when nobody knows how far the request got."""
    LOG.error("%s failed", what, exc_info=error)
    return UnknownOutcomeError(
        f"internal error: {type(error).__name__}: {error}",
        hint="This is a bug in reconciler; -vv shows where. Run it again: it goes on from there.",
    )


def _may_be_written(outcome: Outcome) -> bool:
    return outcome.result in {Result.DONE, Result.ADOPTED, Result.UNKNOWN}


def _asked_color(change: Change) -> str | None:
    """The colour that the request would ask for."""
    match change:
        case Create(after=after):
            return after.color
        case Update(after=after, fields=fields) if "color" in fields:
            return after.color
    return None


def _is_about_color(refusal: RejectedError, color: str) -> bool:
    """Whether a trial was refused for its colour, as far as the words tell."""
    if refusal.status not in {400, 422}:
        return False
    words = refusal.message.lower()
    if any(word in words for word in ("color", "colour", color.lower())):
        return True
    return not any(word in words for word in _ABOUT_OTHERS)


_ABOUT_OTHERS = ("name", "compan", "account", "level", "status", "permission", "limit", "maximum")
"""Words of a refusal that is about something else than the color."""
