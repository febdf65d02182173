"""From a plan to its report: may it be carried out, is it still right, then do it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import Interrupted, ReconcilerError, RefusedError
from reconciler.executor import Deletes, RunContext, execute
from reconciler.model.change import Delete
from reconciler.model.outcome import Failure, Outcome, Report, Result
from reconciler.text.plural import count
from reconciler.workflow import clock
from reconciler.workflow.refusals import blocked_refusal
from reconciler.workflow.renewal import Today, accounts_of, refuse_unless_current, today_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from reconciler.config import Configuration
    from reconciler.executor import Watcher
    from reconciler.model.plan import Plan
    from reconciler.model.state import Account
    from reconciler.provider import Provider

LOG = logging.getLogger("reconciler.workflow")


class Connection(Protocol):
    """The way to the accounts while it is open, and the clock and signals of the run."""

    def provider(self, account: Account) -> Provider:
        """The provider of one account."""

    def stopping(self) -> int | None:
        """The signal that asked for the end; None: none did."""

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until the end is asked for."""


class Waited(Enum):
    """Where a plan was since it was made, while what it rests on may have changed."""

    NOWHERE = auto()
    """It is applied as it was made."""
    ON_SCREEN = auto()
    """Someone read it before saying yes."""
    IN_A_FILE = auto()
    """It was saved: its age counts too, and whether it is for these accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """How a plan is to be applied.

    ``configuration`` is today's, where one is at hand. ``parallelism`` counts changes in flight an
    account. ``approve`` raises RefusedError where nobody says yes; it is asked last. ``log`` gets
    one line at a time.
    """

    waited: Waited
    deletes: Deletes
    watcher: Watcher
    parallelism: int
    configuration: Configuration | None = None
    expected_digest: str | None = None
    approve: Callable[[Plan], None] = lambda _plan: None
    log: Callable[[str], None] = lambda _line: None


async def apply(
    plan: Plan, connection: AbstractAsyncContextManager[Connection], request: ApplyRequest
) -> Report:
    """Carry out ``plan`` where it may be; the report says on every path what became of it.

    The ``connection`` is opened, and what opening raises passes through, when the plan itself,
    flags, guards and approval say yes. Where the plan has waited it is then held against today's
    live state, guards and counts (:mod:`reconciler.workflow.renewal`): what is done already is
    skipped, and nothing is written when something that the plan touches has changed or may no
    longer be done. Of a partial plan the readable part is carried out.
    """
    try:
        if request.waited is Waited.IN_A_FILE:
            age = refuse_unless_current(plan, request.configuration, clock.now())
            request.log(f"The plan is {age} old.")
        refuse_unless_permitted(plan, request)
        request.approve(plan)
    except RefusedError as refusal:
        return _not_tried(plan, refusal)
    async with connection as opened:
        accounts = accounts_of(plan, request.configuration)
        providers = {account.handle: opened.provider(account) for account in accounts}
        before = sum(provider.requests for provider in providers.values())
        today = Today()
        if request.waited is not Waited.NOWHERE:
            try:
                today = await today_of(
                    plan, providers, request.configuration, deletes=request.deletes
                )
            except ReconcilerError as error:
                return _not_tried(plan, error)
        run = RunContext(
            watcher=request.watcher,
            deletes=request.deletes,
            counted=today.counted,
            made={**today.made},
            parallelism=request.parallelism,
            stopping=opened.stopping,
            pause=opened.wait,
        )
        report = await execute(plan, providers, run, done=today.done)
        after = sum(provider.requests for provider in providers.values())
    return replace(report, requests=after - before)


def refuse_unless_permitted(plan: Plan, request: ApplyRequest) -> None:
    """Raise RefusedError unless flags, guards and the digest agree with carrying out ``plan``."""
    if request.expected_digest not in {None, plan.digest}:
        raise RefusedError(
            f"the plan is {plan.digest}, not the reviewed {request.expected_digest}",
            hint="Since the review, live state, what deletes would lose, the gateway, the "
            "configuration or the version of reconciler has changed: review this plan.",
        )
    sent = plan.changes
    if request.deletes is Deletes.HOLD_BACK:
        sent = tuple(change for change in sent if not isinstance(change, Delete))
    if blocked := [change for change in sent if change.blocked_by is not None]:
        raise blocked_refusal(blocked)
    deletes = [change for change in sent if isinstance(change, Delete)]
    if uncounted := [change for change in deletes if change.loss is None]:
        raise RefusedError(
            f"what {count(len(uncounted), 'delete')} would lose was not counted: "
            "the plan was made from a snapshot",
            hint="Plan against live state; --no-deletes does the rest.",
        )
    if deletes and request.deletes is Deletes.UNDECIDED:
        raise RefusedError(
            f"the plan has {count(len(deletes), 'delete')} "
            "and neither --allow-deletes nor --no-deletes was given",
            hint="--allow-deletes sends them; --no-deletes does the rest and holds them back.",
        )


def _not_tried(plan: Plan, error: ReconcilerError) -> Report:
    """The report of a ``plan`` of which nothing was tried, and why."""
    LOG.debug("nothing was tried", exc_info=error)
    why, headline, signal = None, error.message, None
    reasons: tuple[str, ...] = ()
    match error:
        case RefusedError():
            why, headline, reasons = "refused", error.headline, error.reasons
        case Interrupted():
            why, signal = "interrupted", error.signal_number
    return Report(
        plan=plan,
        outcomes=tuple(
            Outcome(change=change, result=Result.NOT_TRIED, message=why) for change in plan.changes
        ),
        missing=len(plan.changes),
        failure=Failure(code=error.code, headline=headline, reasons=reasons, hint=error.hint),
        signal=signal,
    )
