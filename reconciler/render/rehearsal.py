"""What a rehearsal has shown, for a terminal or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.outcome import Result
from reconciler.render import outcomes
from reconciler.render.escape import log, terminal
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.rehearsal import Rehearsal, Trial


def rehearsal(rehearsal: Rehearsal, *, style: Style = PLAIN, width: int = 0) -> str:
    """How each way went, and the sum on the last line; ends in a newline."""
    trials = [*_trial_lines("As planned", rehearsal.plain)]
    if rehearsal.faulty is not None:
        head = f"With the first answer to each of {count(rehearsal.faulty.faults, 'write')} lost"
        trials += ["", *_trial_lines(head, rehearsal.faulty)]
    lines = []
    for line in trials:
        first, *more = wrap(line, width - 2 if width else 0)
        lines += [first, *(f"  {one}" for one in more)]
    paint = style.create if rehearsal.sound else style.delete
    end = [paint(line) for line in wrap(verdict(rehearsal), width)]
    return log("\n".join([*lines, "", *end])) + "\n"


def verdict(rehearsal: Rehearsal) -> str:
    """``54 changes, 57 requests, empty afterwards; 0 duplicates, 0 lost under 54 faults``."""
    plan, plain = rehearsal.plan, rehearsal.plain
    last = rehearsal.faulty or plain
    empty = "empty afterwards" if plain.empty and last.empty else "not empty afterwards"
    return (
        f"{count(len(plan.changes), 'change')}, {count(plain.requests, 'request')}, {empty}; "
        f"{count(len(last.harm.duplicates), 'duplicate')}, {number(last.harm.assignments)} lost "
        f"under {count(last.faults, 'fault')}"
    )


def _trial_lines(head: str, trial: Trial) -> Iterator[str]:
    report = trial.reports[-1]
    times = len(trial.reports)
    before = sum(one.result is Result.SKIPPED for one in trial.reports[0].outcomes)
    every = f"all {count(len(report.outcomes), 'change')} made" if report.outcomes else ""
    every += f", {number(before)} of them before" if before else ""
    ended = [(every if report.complete else outcomes.counts(report)) or "nothing to do"]
    ended += [f"applied {times} times"] if times > 1 else []
    ended += [count(trial.requests, "request"), *_waited(trial.waited)]
    yield f"{head}: {', '.join(ended)}."
    for account, failure in outcomes.stops(report):
        who = f"{terminal(account)} stopped: " if account else ""
        yield f"  {who}{terminal(failure.message)}"
    for outcome in outcomes.not_as_planned(report):
        yield f"  {outcomes.outcome_line(outcome)}"
    for line in (*report.differences, *trial.harm.duplicates, *trial.harm.lost):
        yield f"  {terminal(line)}"
    for line in trial.harm.differences:
        yield f"  not as planned: {terminal(line)}"
    if trial.written_again is not None:
        again = count(trial.written_again, "change") if trial.written_again else "nothing"
        yield f"Applied once more, it writes {again}."


def _waited(seconds: float) -> list[str]:
    minutes = round(seconds / 60)
    return [f"{count(minutes, 'minute')} of waiting in fast motion"] if minutes else []
