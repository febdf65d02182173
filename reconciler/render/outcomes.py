"""What became of an apply, change by change and as a whole, for a terminal or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.outcome import Outcome, Report, Result
from reconciler.render import wording
from reconciler.render.escape import label, log, terminal
from reconciler.render.layout import number, wrap
from reconciler.render.style import PLAIN, Style

if TYPE_CHECKING:
    from reconciler.model.outcome import AccountError

APPLIED: Final = "Applied"
IN_PART: Final = "Applied in part, as asked"
INCOMPLETE: Final = "Incomplete"

WORDS: Final = {
    Result.DONE: "done",
    Result.ADOPTED: "adopted",
    Result.SKIPPED: "skipped",
    Result.HELD_BACK: "held back",
    Result.FAILED: "failed",
    Result.UNKNOWN: "unknown",
    Result.NOT_TRIED: "not tried",
}


def outcome_line(outcome: Outcome, *, style: Style = PLAIN) -> str:
    """One change and how it ended, on one line without a newline."""
    change = outcome.change
    word = _painted(outcome.result, style=style)
    what = f"{wording.SIGNS[change.action]} {change.action.value}  {wording.title(change.place)}"
    line = f"{word}  {what}  {label(change.name)}"
    said = "; ".join(terminal(part) for part in (outcome.message, outcome.hint) if part)
    if not said and outcome.result is Result.ADOPTED:
        said = "the answer was lost; the tag was found by looking"
    return log(f"{line}   {said}" if said else line)


def report(report: Report, *, style: Style = PLAIN, width: int = 0) -> str:
    """An apply's end: what did not succeed, the counts, the closing look; ends in a newline.

    ``width``: the terminal's columns; 0: any.
    """
    lines: list[str] = []
    for outcome in report.outcomes:
        if not outcome.result.succeeded:
            first, *more = wrap(outcome_line(outcome, style=style), width - 2 if width else 0)
            lines += [f"  {first}", *(f"    {line}" for line in more)]
    lines += [""] if lines else []
    lines += [style.delete(line) for line in wording.partial(report.plan)]
    for trouble in report.troubles:
        lines += _trouble(trouble, style=style)
    lines.append(_verdict(report, style=style))
    lines += _closing_look(report, style=style)
    lines.append(f"Requests: {number(report.requests)} used.")
    lines.append(f"Digest: {report.plan.digest}")
    return log("\n".join(lines)) + "\n"


def counts(report: Report) -> str:
    """``3 done, 1 failed``: the results that occurred, successes first."""
    found = [(report.count(result), WORDS[result]) for result in Result]
    return ", ".join(f"{number(times)} {word}" for times, word in found if times)


def verdict(report: Report) -> str:
    """One word for the whole: APPLIED, IN_PART (deletes were held back on request), INCOMPLETE."""
    if complete(report):
        return APPLIED
    as_asked = all(not outcome.result.incomplete for outcome in report.outcomes)
    clean = report.exit_code == 0 and not report.differences and not report.troubles
    return IN_PART if as_asked and clean else INCOMPLETE


def complete(report: Report) -> bool:
    """Whether nothing failed, is unknown, was left, or looks otherwise than it should."""
    ended = all(outcome.result.succeeded for outcome in report.outcomes)
    return ended and report.exit_code == 0 and not report.differences and not report.troubles


def _verdict(report: Report, *, style: Style) -> str:
    word = verdict(report)
    paint = {APPLIED: style.create, IN_PART: style.update, INCOMPLETE: style.delete}[word]
    return paint(f"{word}: {counts(report) or 'nothing to do'}.")


def _closing_look(report: Report, *, style: Style) -> list[str]:
    if report.differences:
        lines = ["Live state differs from what was done:"]
        lines += [f"  {terminal(difference)}" for difference in report.differences]
        return [style.delete(line) for line in lines]
    if report.verified:
        return ["Verified: live state was read once more and is as planned."]
    return [style.update("Not verified: live state could not be read once more.")]


def _trouble(trouble: AccountError, *, style: Style) -> list[str]:
    lines = [style.delete(f"{terminal(trouble.account)} stopped: {terminal(trouble.message)}")]
    return [*lines, *([f"  help: {terminal(trouble.hint)}"] if trouble.hint else [])]


def _painted(result: Result, *, style: Style) -> str:
    word = f"{WORDS[result]:<9}"
    if result.succeeded:
        return style.create(word)
    return style.delete(word) if result.incomplete else style.update(word)
