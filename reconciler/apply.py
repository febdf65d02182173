"""Carries out a plan through providers and tells truthfully what became of each change.

Terms. A *phase* is all updates, or creates, or deletes of an account. An *account error* ends
an account's work: no key, quota, a server that speaks another protocol or can't be reached, a
create whose outcome nobody knows, a signal. A *trial* is the first change that asks for a colour
that no live tag of the account is known to have.

Premise. What is to be done was decided by planning and approved by someone; nothing is decided
here but when to stop. Every change ends in exactly one outcome, also those that were not tried.

Method. Accounts go side by side. In each: updates, creates, a fresh listing, then only those
deletes whose tag is seen unchanged in that listing. A trial goes before the others that ask for
its colour: refused, it spares them. A refused update or create does not stop its neighbours, but
whatever failed or is unknown in an account holds back its deletes. At last live state is read once
more and compared with the plan (``verification``). Nothing that fails on the way, our own faults
and who is told of outcomes included, keeps the report from being made.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import (
    ApplyError,
    AuthError,
    ForbiddenError,
    Interrupted,
    ProtocolError,
    QuotaError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
    exit_code,
)
from reconciler.model.change import Action, Change, companies_of, needs_absence
from reconciler.model.outcome import AccountError, Outcome, Report, Result, Verification
from reconciler.model.tag import Level
from reconciler.planning.order import PHASES
from reconciler.text.plural import count
from reconciler.verification import Verified, combined, stored_otherwise, verify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from reconciler.model.plan import Plan
    from reconciler.model.tag import LiveTag
    from reconciler.provider import Provider

LOG = logging.getLogger("reconciler.apply")


class Watcher(Protocol):
    """Who is told of each outcome as it comes."""

    def outcome(self, outcome: Outcome) -> None:
        """One change has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How an apply is carried out.

    ``deletes`` False holds them back. ``parallelism`` counts changes in flight an account.
    ``stopping`` gives the signal that asked for the end, or None. ``settle`` waits (seconds)
    before the last read is repeated: a server may list what it was told with some delay.
    """

    watcher: Watcher
    deletes: bool = True
    parallelism: int = 10
    stopping: Callable[[], int | None] = lambda: None
    settle: Callable[[float], Awaitable[None]] = asyncio.sleep


async def apply(
    plan: Plan, providers: Mapping[str, Provider], run: Run, *, done: Collection[Change] = ()
) -> Report:
    """Carry out ``plan``; ``providers`` are keyed by account handle. Never raises for trouble.

    ``done``: changes that live state shows as made already; they are reported as skipped.
    """
    spent = sum(provider.requests for provider in providers.values())
    works = [
        _AccountWork(
            use.account.handle,
            [one for one in plan.changes if one.place.account.handle == use.account.handle],
            providers[use.account.handle],
            run,
        )
        for use in plan.accounts
    ]
    finished = {id(change) for change in done}
    for work in works:
        work.skip(finished)
    await asyncio.gather(*(work.carry_out() for work in works))
    outcomes = {id(one.change): one for work in works for one in work.outcomes.values()}
    verified = combined(work.verified for work in works)
    report = Report(
        plan=plan,
        outcomes=tuple(outcomes[id(change)] for change in plan.changes),
        verification=verified.verification,
        missing=verified.missing,
        differences=verified.differences,
        troubles=tuple(work.trouble for work in works if work.trouble),
        requests=sum(provider.requests for provider in providers.values()) - spent,
    )
    return _with_exit_code(report, run.stopping())


def _with_exit_code(report: Report, signal_number: int | None) -> Report:
    """Signals speak first, then what somebody must look at, then what another run will finish."""
    results = {outcome.result for outcome in report.outcomes}
    otherwise = any(
        one.result.succeeded and one.stored is not None and not one.respelled
        for one in report.outcomes
    )
    unseen = report.verification in {
        Verification.DIFFERS,
        Verification.READ_FAILED,
        Verification.NOT_READ,
    }
    code = 0
    if any(result.incomplete for result in results) or unseen or otherwise:
        by_trouble = {trouble.exit_code for trouble in report.troubles}
        hard = {Result.FAILED, Result.UNKNOWN} & results or report.differences or otherwise
        resumable = [
            one for one in (AuthError.exit_code, QuotaError.exit_code) if one in by_trouble
        ]
        code = ApplyError.exit_code if hard or not resumable else resumable[0]
    if signal_number is not None:
        code = 128 + signal_number
    return replace(report, exit_code=code)


@dataclass(slots=True)
class _AccountWork:
    """One account's part of the plan."""

    handle: str
    changes: Sequence[Change]
    provider: Provider
    run: Run
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    trouble: AccountError | None = None
    verified: Verified = field(default_factory=Verified)
    _colors: set[str] = field(default_factory=set)
    _trials: dict[str, asyncio.Event] = field(default_factory=dict)
    _refused_colors: dict[str, Change] = field(default_factory=dict)
    _forbidden: Change | None = None
    """The account-level change that met a 403."""
    _in_part: bool = False
    """Whether a change that failed was made in part."""

    def skip(self, finished: Collection[int]) -> None:
        """Account for the changes (by identity) that are made already."""
        for change in self.changes:
            if id(change) in finished:
                self._end(Outcome(change=change, result=Result.SKIPPED, tag_id=change.tag_id))

    async def carry_out(self) -> None:
        """Do the phases and the last read, and account for what was not tried; never raises."""
        try:
            self._colors |= self.provider.colors
            for action in PHASES:
                await self._phase(await self._due(action))
        except Exception as error:  # noqa: BLE001 - what is done must be reported, bug or not
            self._stop(_defect(f"the work in {self.handle}", error))
        self._give_up_remaining()
        try:
            await self._read_once_more()
        except Exception as error:  # noqa: BLE001 - same
            self.verified = Verified(Verification.READ_FAILED, missing=self._not_done())
            self._stop(_defect(f"the last read of {self.handle}", error))

    async def _due(self, action: Action) -> Sequence[Change]:
        """The changes of a phase that may go ahead."""
        changes = [
            change
            for change in self.changes
            if change.action is action and id(change) not in self.outcomes
        ]
        return await self._deletes(changes) if action is Action.DELETE else changes

    async def _phase(self, changes: Sequence[Change]) -> None:
        """Work off ``changes`` with as many workers as the run allows."""
        waiting = iter(changes)

        async def worker() -> None:
            for change in waiting:
                if self._stopped(change):
                    return
                await self._after_trial(change)

        count = min(self.run.parallelism, len(changes))
        await asyncio.gather(*(worker() for _ in range(count)))

    def _stopped(self, change: Change) -> bool:
        return (
            self.trouble is not None
            or self.run.stopping() is not None
            or (change.action is Action.DELETE and self._went_wrong() is not None)
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
            if id(change) in self.outcomes and self.outcomes[id(change)].result.succeeded:
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
            self._note(change, Result.UNKNOWN, error, said=error.beside_its_change)
            if change.action is Action.CREATE:
                self._stop(error)
        except RejectedError as error:
            self._in_part = self._in_part or error.in_part
            self._note(change, Result.FAILED, self._explained(change, error))
            return error
        except ReconcilerError as error:
            # The provider promises that after any other error nothing was written.
            self._stop(error)
            cause = self._why_stopped() if self.trouble is None else _STOPPED_AT
            self._end(Outcome(change=change, result=Result.NOT_TRIED, message=cause))
        except Exception as error:  # noqa: BLE001 - what is done must be reported, bug or not
            defect = _defect(f"{change.action} of {change.name!r}", error)
            self._note(change, Result.UNKNOWN, defect)
            self._stop(defect)
        return None

    async def _send(self, change: Change) -> Outcome:
        if change.before is None:
            assert change.after is not None  # noqa: S101 - Change holds it; for the type checker
            made = await self.provider.create(change.place, change.after)
            result = Result.ADOPTED if made.adopted else Result.DONE
            return stored_otherwise(Outcome(change=change, result=result), made.tag)
        tag = change.live
        if change.after is None:
            deleted = await self.provider.delete(tag)
            result = Result.DONE if deleted else Result.SKIPPED
            return Outcome(change=change, result=result, tag_id=tag.id)
        written = await self.provider.update(tag, change.after)
        result = Result.SKIPPED if written.already else Result.DONE
        return stored_otherwise(Outcome(change=change, result=result), written.tag)

    def _explained(self, change: Change, error: RejectedError) -> RejectedError:
        """``error``; of a 403 on account level it is known who may."""
        if isinstance(error, ForbiddenError) and change.place.level is Level.ACCOUNT:
            self._forbidden = self._forbidden or change
            error.hint = "Only administrators may create, change and delete account-level tags."
        return error

    async def _deletes(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The deletes that may go ahead: allowed, and their tag seen unchanged just now."""
        if not self.run.deletes:
            for change in changes:
                self._end(Outcome(change=change, result=Result.HELD_BACK))
            return ()
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
        return [change for change in changes if self._still_as_planned(change, live)]

    def _still_as_planned(self, change: Change, live: Mapping[int, LiveTag]) -> bool:
        tag = live.get(change.live.id)
        if (use := self._in_use(change)) is not None:
            message = f'the server gave "{use.change.name}" this very tag, so it was not deleted'
            hint = "The server takes both names for one: write only one of them."
            self._note(change, Result.FAILED, RejectedError(message, status=409, hint=hint))
        elif tag is None:
            self._end(Outcome(change=change, result=Result.SKIPPED, tag_id=change.tag_id))
        elif tag != change.live:
            message = "the tag has changed since the plan was made, so it was not deleted"
            self._note(
                change, Result.FAILED, RejectedError(message, status=409, hint="Plan again.")
            )
        else:
            return True
        return False

    def _in_use(self, change: Change) -> Outcome | None:
        """What this run made or changed, where that is the tag that ``change`` deletes."""
        same = (one for one in self.outcomes.values() if one.tag_id == change.tag_id)
        return next((one for one in same if one.change.after is not None), None)

    def _note(
        self, change: Change, result: Result, error: ReconcilerError, *, said: str | None = None
    ) -> None:
        self._end(
            Outcome(
                change=change,
                result=result,
                message=said or error.message,
                hint=error.hint,
                tag_id=change.tag_id,
            )
        )

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[id(outcome.change)] = outcome
        with suppress(Exception):  # a full disk or a closed terminal must not end the work
            self.run.watcher.outcome(outcome)

    def _stop(self, error: ReconcilerError) -> None:
        if isinstance(error, Interrupted) and self.run.stopping() is not None:
            return
        self.trouble = self.trouble or AccountError(
            account=self.handle,
            code=error.code,
            exit_code=exit_code(error),
            message=error.message,
            hint=error.hint,
        )

    def _give_up_remaining(self) -> None:
        for change in self.changes:
            if id(change) not in self.outcomes:
                why = self._why_stopped()
                if why is None and change.action is Action.DELETE:
                    why = self._went_wrong()
                self._end(Outcome(change=change, result=Result.NOT_TRIED, message=why))

    def _why_stopped(self) -> str | None:
        if self.trouble is not None:
            return "the account's work stopped before it"
        return "interrupted" if self.run.stopping() is not None else None

    def _went_wrong(self) -> str | None:
        """What keeps the account's deletes from being tried."""
        results = [one.result for one in self.outcomes.values()]
        for result, how in ((Result.FAILED, "failed"), (Result.UNKNOWN, "ended unknown")):
            if times := results.count(result):
                return f"{count(times, 'change')} before it {how}"
        return None

    def _not_done(self) -> int:
        return sum(not one.result.succeeded for one in self.outcomes.values())

    async def _read_once_more(self) -> None:
        """Read live state and compare; a server that lists with delay gets ten seconds."""
        if not self._in_part and not any(map(_may_be_written, self.outcomes.values())):
            self.verified = Verified(missing=self._not_done())
            return
        ended = self.trouble is not None and self.trouble.exit_code in {
            AuthError.exit_code,
            QuotaError.exit_code,
        }
        if self.run.stopping() is not None or ended:
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
                await self.run.settle(pause)
            except ReconcilerError as error:
                self.verified = Verified(Verification.READ_FAILED, missing=self._not_done())
                self._stop(error)
                return
        self.outcomes.update((id(one.change), one) for one in seen)


_STOPPED_AT = "the account's work stopped at it, and nothing of it was written"

_PAUSES = (5.0, 5.0)
"""Seconds between the last reads of a server that lists with delay; each costs the listing."""


def _defect(what: str, error: Exception) -> ReconcilerError:
    """What is said of a fault of our own, when nobody knows how far the request got."""
    LOG.error("%s failed", what, exc_info=error)
    return UnknownOutcomeError(
        f"internal error: {type(error).__name__}: {error}",
        hint="This is a bug in reconciler; -vv shows where. Run it again: it goes on from there.",
    )


def _may_be_written(outcome: Outcome) -> bool:
    return outcome.result in {Result.DONE, Result.ADOPTED, Result.UNKNOWN}


def _asked_color(change: Change) -> str | None:
    """The colour that the request would ask for."""
    if change.after is None or (change.before is not None and "color" not in change.fields):
        return None
    return change.after.color


def _is_about_color(refusal: RejectedError, color: str) -> bool:
    """Whether a trial was refused for its colour, as far as the words tell."""
    if refusal.status not in {400, 422}:
        return False
    said = refusal.message.lower()
    if any(word in said for word in ("color", "colour", color.lower())):
        return True
    return not any(word in said for word in _ABOUT_OTHERS)


_ABOUT_OTHERS = ("name", "compan", "account", "level", "status", "permission", "limit", "maximum")
"""Words of a refusal that is about something else than the color."""
