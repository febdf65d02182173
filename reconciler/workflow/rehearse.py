"""A plan applied to a copy of its accounts: once as it goes, once with lost answers.

Premise. Whoever runs `apply` and is told that not all was done runs it again with the same plan. So
does this, until a report says that all is made, or a run writes nothing more.
"""

from __future__ import annotations

from contextlib import closing
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from reconciler.model.rehearsal import Rehearsal, Trial
from reconciler.planning.harm import harm
from reconciler.workflow.apply import apply

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.rehearsal import Held
    from reconciler.workflow.apply import ApplyRequest, Connection


class Answers(Enum):
    """What becomes of the answers to writes."""

    ARRIVE = auto()
    LOST = auto()
    """The first one to each write gets lost after the write has taken effect."""


class Replica(Protocol):
    """A copy of a plan's accounts behind an API of its own; what is written there stays there."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """The way there of one more run, which knows nothing of the runs before."""

    def held(self) -> Held:
        """All that it holds now."""

    @property
    def writes(self) -> int:
        """Requests so far that changed something."""

    @property
    def faults(self) -> int:
        """Answers so far that were lost."""

    @property
    def waited(self) -> float:
        """Seconds that have passed in waiting."""

    def close(self) -> None:
        """Throw it away."""


async def rehearse(
    plan: Plan,
    replica: Callable[[Answers], Replica],
    request: Callable[[Answers], ApplyRequest],
) -> Rehearsal:
    """Apply ``plan`` to a new ``replica`` and, where that goes well, to one that loses answers.

    ``request`` says how it is applied to either.
    """
    plain = await _trial(plan, replica(Answers.ARRIVE), request(Answers.ARRIVE))
    if not plain.sound:
        return Rehearsal(plan=plan, plain=plain)
    faulty = await _trial(plan, replica(Answers.LOST), request(Answers.LOST))
    return Rehearsal(plan=plan, plain=plain, faulty=faulty)


async def _trial(plan: Plan, replica: Replica, request: ApplyRequest) -> Trial:
    with closing(replica):
        return await _tried(plan, replica, request)


async def _tried(plan: Plan, replica: Replica, request: ApplyRequest) -> Trial:
    before = replica.held()
    reports: list[Report] = []
    written = -1
    while written != replica.writes and not (reports and _is_over(reports[-1])):
        written = replica.writes
        reports.append(await apply(plan, replica.connection(), request))
    after, faults, waited = replica.held(), replica.faults, replica.waited
    written_again = None
    if _is_made(reports[-1]):
        written = replica.writes
        if _is_made(await apply(plan, replica.connection(), request)):
            written_again = replica.writes - written
    return Trial(
        reports=tuple(reports),
        harm=harm(plan.changes, before, after),
        faults=faults,
        written_again=written_again,
        waited=waited,
    )


def _is_over(report: Report) -> bool:
    """Whether there is no reason to run it again."""
    return report.failure is not None or _is_made(report)


def _is_made(report: Report) -> bool:
    return report.carried_out and all(one.result.succeeded for one in report.outcomes)
