"""What became of an apply, change by change and as a whole, for a terminal or a log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Update
from reconciler.model.outcome import Outcome, Report, Result, Verification
from reconciler.render import wording
from reconciler.render.escape import log, terminal
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.cells import cells
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reconciler.model.change import Change
    from reconciler.model.outcome import AccountError, Failure, Kept

    Paint = Callable[[str], str]

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
    what = f"{wording.SIGNS[change.verb]} {change.verb}  {wording.title(change.place)}"
    line = f"{word}  {what}  {wording.named(change)}"
    reason = ". ".join(terminal(part) for part in (outcome.message, outcome.hint) if part)
    if not reason and outcome.result is Result.ADOPTED:
        reason = "found live: the answer to its create was lost, or someone else made it"
    return log(f"{line}   {reason}" if reason else line)


def report(report: Report, *, style: Style = PLAIN, width: int = 0) -> str:
    """An apply's end: what did not succeed, the counts, the verification; ends in a newline.

    ``width``: the terminal's columns; 0: any.
    """
    lines: list[tuple[str, Paint]] = [(f"  {line}", str) for line in _shortfalls(report, style)]
    lines += [("", str)] if lines else []
    lines += [(line, style.delete) for line in wording.partial(report.plan)]
    for account, failure in stops(report):
        who = f"{terminal(account)} stopped: " if account else ""
        lines.append((f"{who}{terminal(failure.message)}", style.delete))
        lines += [(f"  help: {terminal(failure.hint)}", str)] if failure.hint else []
    lines.append(_verdict(report, style))
    lines += [(line, str) for line in filter(None, [measured(report)])]
    lines += _verified(report, style)
    lines.append((f"Requests: {number(report.requests)} used.", str))
    fitted = (
        [part for line, paint in lines for part in _hung(line, width, paint)]
        if width
        else [paint(line) for line, paint in lines]
    )
    return log("\n".join([*fitted, f"Digest: {report.plan.digest}"])) + "\n"


def _hung(text: str, width: int, paint: Paint) -> list[str]:
    """``text`` in painted lines of at most ``width`` columns, what follows the first set in."""
    body = text.lstrip(" ")
    indent = " " * (len(text) - len(body))
    first, *more = wrap(body, width - len(indent) - 2 if cells(text) > width else 0)
    return [f"{indent}{paint(first)}", *(f"{indent}  {paint(part)}" for part in more)]


def counts(report: Report) -> str:
    """``3 done, 1 failed``: the results that occurred, successes first."""
    found = Counter(outcome.result for outcome in report.outcomes)
    return ", ".join(f"{number(found[one])} {WORDS[one]}" for one in Result if found[one])


def verdict(report: Report) -> str:
    """One word for the whole: APPLIED, IN_PART (deletes were held back on request), INCOMPLETE."""
    if report.complete:
        return APPLIED
    return IN_PART if report.carried_out and not report.plan.unread else INCOMPLETE


def stops(report: Report) -> Iterator[tuple[str | None, Failure | AccountError]]:
    """What kept the plan from being tried (of no account), and what ended an account's work."""
    if report.failure is not None:
        yield None, report.failure
    for error in report.account_errors:
        yield error.account, error


def _verdict(report: Report, style: Style) -> tuple[str, Paint]:
    word = verdict(report)
    paint = {APPLIED: style.create, IN_PART: style.update, INCOMPLETE: style.delete}[word]
    return f"{word}: {counts(report) or 'nothing to do'}.", paint


def verification(report: Report) -> str:
    """What reading live state once more showed, in one sentence."""
    missing = count(report.missing, "change")
    match report.verification:
        case Verification.NOTHING_WRITTEN:
            return "Nothing was written, so there is nothing to verify."
        case Verification.AS_PLANNED:
            respelled = sum(outcome.respelled for outcome in report.outcomes)
            return (
                "Verified: live state was read once more, and all of the plan is there"
                f"{_spelled(respelled)}."
            )
        case Verification.AS_DONE:
            verb = "is" if report.missing == 1 else "are"
            return (
                "Live state was read once more: what was done is there, "
                f"{missing} of the plan {verb} not."
            )
        case Verification.DIFFERS:
            return "Live state was read once more and differs from what was done:"
        case Verification.READ_FAILED:
            return "Not verified: live state could not be read once more."
        case Verification.NOT_READ:
            return "Not verified: live state was not read once more, because the work was stopped."


def measured(report: Report) -> str:
    """``Measured: 1 rename: 41 interactions before, 41 after.``; empty where nothing was."""
    found: dict[str, list[Kept]] = {}
    for one in report.outcomes:
        if one.kept is not None:
            found.setdefault(_kind(one.change), []).append(one.kept)
    parts = [
        f"{count(len(kept), kind, _MANY[kind])}: "
        f"{count(sum(one.before for one in kept), 'interaction')} before, "
        f"{number(sum(one.after for one in kept))} after"
        for kind, kept in found.items()
    ]
    return f"Measured: {'; '.join(parts)}." if parts else ""


_MANY: Final = {
    "rename": "renames",
    "disable": "disables",
    "move to the trash": "moves to the trash",
}


def _kind(change: Change) -> str:
    """What was done to the tag of ``change`` that was measured."""
    if not isinstance(change, Update):
        return "move to the trash"
    if "name" not in change.fields:
        return "disable"
    return "move to the trash" if change.disables else "rename"


def _spelled(tags: int) -> str:
    if not tags:
        return ""
    return f", {count(tags, 'tag')} as the server spells {'it' if tags == 1 else 'them'}"


def folded(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, int]]:
    """``outcomes`` with those that ended alike for one reason counted beside the first."""
    counted: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        counted.setdefault(shared_reason(outcome) or outcome.change, []).append(outcome)
    return [(found[0], len(found)) for found in counted.values()]


def shared_reason(outcome: Outcome) -> tuple[object, ...] | None:
    """What outcomes have in common whose reason is shown once; None: it is shown for each.

    Of those that failed it is shown once a block of the configuration, where it is mended.
    """
    change = outcome.change
    if outcome.message is None or not outcome.result.incomplete:
        return None
    failed = outcome.result is Result.FAILED
    block = (change.source, change.action, change.name) if failed else ()
    return (outcome.result, change.place.account.handle, outcome.message, *block)


def _shortfalls(report: Report, style: Style) -> Iterator[str]:
    """A line for each change that is not there as planned; one reason is reported once."""
    for outcome, times in folded(not_as_planned(report)):
        line = outcome_line(outcome, style=style)
        yield line if times == 1 else f"{line} (and {count(times - 1, 'more change')})"


def not_as_planned(report: Report) -> list[Outcome]:
    """What did not succeed, or is stored other than planned."""
    return [one for one in report.outcomes if not _as_planned(one)]


def in_place(report: Report) -> list[Outcome]:
    """What is as planned: all that needs no attention."""
    return [one for one in report.outcomes if _as_planned(one)]


def _as_planned(outcome: Outcome) -> bool:
    return outcome.result.succeeded and outcome.stored is None


def _verified(report: Report, style: Style) -> list[tuple[str, Paint]]:
    differs = report.verification is Verification.DIFFERS
    fine = {Verification.AS_PLANNED, Verification.NOTHING_WRITTEN}
    paint = style.delete if differs else str if report.verification in fine else style.update
    shown = [f"  {terminal(one)}" for one in report.differences] if differs else []
    return [(line, paint) for line in (verification(report), *shown)]


def _painted(result: Result, *, style: Style) -> str:
    word = f"{WORDS[result]:<9}"
    if result.succeeded:
        return style.create(word)
    return style.delete(word) if result.incomplete else style.update(word)
