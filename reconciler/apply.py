"""Carries out a plan through providers and tells truthfully what became of each change.

Terms. A *phase* is all updates, or creates, or deletes of an account. An *account error* ends
an account's work: no key, quota, a server that speaks another protocol or can't be reached, a
create whose outcome nobody knows, a signal.

Premise. What is to be done was decided by planning and approved by someone; nothing is decided
here but when to stop. Every change ends in exactly one outcome, also those that were not tried.

Method. Accounts go side by side. In each: updates, creates, a fresh listing, then only those
deletes whose tag is seen unchanged in that listing. A refused update or create does not stop its
neighbours; the first delete that fails stops the deletes. At last live state is read once more
and compared with what was done.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import (
    ApiError,
    ApplyError,
    AuthError,
    QuotaError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
    UnreachableError,
    exit_code,
)
from reconciler.model.change import Action, Change, companies_of
from reconciler.model.outcome import AccountError, Outcome, Report, Result
from reconciler.model.tag import Status
from reconciler.planning.order import PHASES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.model.plan import Plan
    from reconciler.model.tag import LiveTag, Tag
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
    before a closing look is repeated: a server may list what it was told with some delay.
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
    troubles = tuple(work.trouble for work in works if work.trouble)
    report = Report(
        plan=plan,
        outcomes=tuple(outcomes[id(change)] for change in plan.changes),
        verified=all(work.verified for work in works),
        differences=tuple(text for work in works for text in work.differences),
        troubles=troubles,
        requests=sum(provider.requests for provider in providers.values()) - spent,
    )
    return _with_exit_code(report, run.stopping())


def _with_exit_code(report: Report, signal_number: int | None) -> Report:
    """Signals speak first, then what somebody must look at, then what another run will finish."""
    results = {outcome.result for outcome in report.outcomes}
    code = 0
    if any(result.incomplete for result in results) or not report.verified:
        by_trouble = {trouble.exit_code for trouble in report.troubles}
        hard = {Result.FAILED, Result.UNKNOWN} & results or report.differences
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
    verified: bool = True
    differences: tuple[str, ...] = ()
    _stop_deletes: bool = False

    def skip(self, finished: Collection[int]) -> None:
        """Account for the changes (by identity) that are made already."""
        for change in self.changes:
            if id(change) in finished:
                self._end(Outcome(change=change, result=Result.SKIPPED, tag_id=change.tag_id))

    async def carry_out(self) -> None:
        """Do the phases, the closing look, and account for what was not tried."""
        for action in PHASES:
            changes: Sequence[Change] = [
                change
                for change in self.changes
                if change.action is action and id(change) not in self.outcomes
            ]
            if action is Action.DELETE:
                changes = await self._deletes(changes)
            await self._phase(changes)
        self._give_up_the_rest()
        if any(_may_have_been_sent(one) for one in self.outcomes.values()):
            await self._closing_look()

    async def _phase(self, changes: Sequence[Change]) -> None:
        """Work off ``changes`` with as many workers as the run allows."""
        waiting = iter(changes)

        async def worker() -> None:
            for change in waiting:
                if self._stopped(change):
                    return
                await self._one(change)

        count = min(self.run.parallelism, len(changes))
        await asyncio.gather(*(worker() for _ in range(count)))

    def _stopped(self, change: Change) -> bool:
        return (
            self.trouble is not None
            or self.run.stopping() is not None
            or (self._stop_deletes and change.action is Action.DELETE)
        )

    async def _one(self, change: Change) -> None:
        try:
            result, tag_id = await self._send(change)
        except (AuthError, QuotaError, UnreachableError) as error:
            self._note(change, Result.NOT_TRIED, error)
            self._stop(error)
        except UnknownOutcomeError as error:
            self._note(change, Result.UNKNOWN, error)
            if change.action is Action.CREATE:
                self._stop(error)
        except RejectedError as error:
            self._note(change, Result.FAILED, error)
        except ApiError as error:
            self._note(change, Result.FAILED, error)
            self._stop(error)
        except ReconcilerError as error:
            self._note(change, Result.NOT_TRIED, error)
            self._stop(error)
        except Exception as error:  # noqa: BLE001 - what is done must be reported, bug or not
            defect = _defect(change, error)
            self._note(change, Result.UNKNOWN, defect)
            self._stop(defect)
        else:
            self._end(Outcome(change=change, result=result, tag_id=tag_id))

    async def _send(self, change: Change) -> tuple[Result, int | None]:
        if change.before is None:
            assert change.after is not None  # noqa: S101 - Change holds it; for the type checker
            made = await self.provider.create(change.place, change.after)
            return (Result.ADOPTED if made.adopted else Result.DONE), made.tag.id
        tag = change.live
        if change.after is None:
            await self.provider.delete(tag)
        else:
            await self.provider.update(tag, change.after)
        return Result.DONE, tag.id

    async def _deletes(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The deletes that may go ahead: allowed, and their tag seen unchanged just now."""
        if not self.run.deletes:
            for change in changes:
                self._end(Outcome(change=change, result=Result.HELD_BACK))
            return ()
        if not changes or self._stopped(changes[0]):
            return ()
        try:
            listing = await self.provider.tags(companies_of(changes))
        except ReconcilerError as error:
            self._stop(error)
            return ()
        live = {tag.id: tag for tag in listing.tags}
        return [change for change in changes if self._still_as_planned(change, live)]

    def _still_as_planned(self, change: Change, live: Mapping[int, LiveTag]) -> bool:
        tag = live.get(change.live.id)
        if tag is None:
            self._end(Outcome(change=change, result=Result.SKIPPED, tag_id=change.tag_id))
        elif tag != change.live:
            message = "the tag has changed since the plan was made, so it was not deleted"
            self._note(
                change, Result.FAILED, RejectedError(message, status=409, hint="Plan again.")
            )
        else:
            return True
        return False

    def _note(self, change: Change, result: Result, error: ReconcilerError) -> None:
        self._end(
            Outcome(
                change=change,
                result=result,
                message=error.message,
                hint=error.hint,
                tag_id=change.tag_id,
            )
        )

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[id(outcome.change)] = outcome
        if outcome.change.action is Action.DELETE and outcome.result.incomplete:
            self._stop_deletes = True
        self.run.watcher.outcome(outcome)

    def _stop(self, error: ReconcilerError) -> None:
        self.trouble = self.trouble or AccountError(
            account=self.handle,
            code=error.code,
            exit_code=exit_code(error),
            message=error.message,
            hint=error.hint,
        )

    def _give_up_the_rest(self) -> None:
        signalled = self.run.stopping() is not None
        why = "interrupted" if signalled else "the account's work stopped before it"
        for change in self.changes:
            if id(change) not in self.outcomes:
                why_this = (
                    "a delete before it failed" if self._only_deletes_stopped(change) else why
                )
                self._end(Outcome(change=change, result=Result.NOT_TRIED, message=why_this))

    def _only_deletes_stopped(self, change: Change) -> bool:
        stopped = self.trouble is not None or self.run.stopping() is not None
        return change.action is Action.DELETE and not stopped

    async def _closing_look(self) -> None:
        """Read once more and compare; a server that lists with delay gets two more chances."""
        if self.run.stopping() is not None or (
            self.trouble is not None and self.trouble.exit_code != UnknownOutcomeError.exit_code
        ):
            self.verified = False
            return
        done = [one for one in self.outcomes.values() if one.result.succeeded]
        companies = companies_of(self.changes)
        for pause in (0.5, 2.0, None):
            try:
                listing = await self.provider.tags(companies)
            except ReconcilerError as error:
                self.verified = False
                self._stop(error)
                return
            self.differences = (*differences(done, listing.tags), *_twins(done, listing.tags))
            if not self.differences or pause is None:
                break
            await self.run.settle(pause)
        self.verified = not self.differences


def _defect(change: Change, error: Exception) -> ReconcilerError:
    """What is said of a fault of our own, when nobody knows how far the request got."""
    LOG.error("%s of %r failed", change.action, change.name, exc_info=error)
    return UnknownOutcomeError(
        f"internal error: {type(error).__name__}: {error}",
        hint="This is a bug in reconciler; -vv shows where. Run it again: it goes on from there.",
    )


def _may_have_been_sent(outcome: Outcome) -> bool:
    return outcome.result in {Result.DONE, Result.ADOPTED, Result.UNKNOWN, Result.FAILED}


def differences(done: Iterable[Outcome], live: Iterable[LiveTag]) -> Iterable[str]:
    """What ``live`` shows otherwise than ``done`` says; one sentence each."""
    tags = tuple(live)
    by_id = {one.id: one for one in tags}
    by_name: dict[tuple[str | None, str], list[LiveTag]] = {}
    for one in tags:
        by_name.setdefault((one.company_id, one.name), []).append(one)
    for outcome in done:
        change, wish = outcome.change, outcome.change.after
        tag = by_id.get(outcome.tag_id or 0)
        if wish is None:
            if tag is not None:
                yield f'{change.place}: "{change.name}" is still live after its delete'
            continue
        if outcome.tag_id is None:
            # A create that was made before this run: no id was seen, its name in its place is all.
            namesakes = by_name.get((change.place.company_id, change.name), [])
            fitting = [one for one in namesakes if one.satisfies(wish)]
            tag = next(iter([*fitting, *namesakes]), None)
        if tag is None:
            yield f'{change.place}: "{change.name}" is not live after its {change.action}'
        elif not tag.satisfies(wish):
            yield f'{change.place}: "{change.name}" is live as {_said(tag.tag)}, not as asked for'


def _said(tag: Tag) -> str:
    state = "" if tag.status is Status.ENABLED else f", {tag.status}"
    return f'"{tag.name}", {tag.color}{state}'


def _twins(done: Iterable[Outcome], live: Iterable[LiveTag]) -> Iterable[str]:
    """Creates beside which someone else made a tag of the same name since the plan.

    Nobody knows which of them the next plan compares: that can be the other one, not as asked for.
    """
    bearers = Counter((tag.company_id, tag.name) for tag in live)
    for outcome in done:
        change = outcome.change
        count = bearers[change.place.company_id, change.name]
        if change.action is Action.CREATE and outcome.result is not Result.SKIPPED and count > 1:
            yield f'{change.place}: {count} live tags are called "{change.name}" after its create'
