"""What a GitHub runner understands: annotations at a line of YAML, a step's summary and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.outcome import Result
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.render import outcomes, wording
from reconciler.render.escape import command, command_property
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Source

SUMMARY_LIMIT: Final = 1_000_000
"""GitHub drops a step's summary of more than 1 MiB."""


def problem_annotations(problems: Sequence[Problem]) -> str:
    """One workflow command a problem, each at its line; empty text for none."""
    return "".join(f"{_annotation(problem)}\n" for problem in problems)


def plan_annotations(plan: Plan) -> str:
    """The plan's warnings, and what is blocked at the line that declares it."""
    blocked: dict[tuple[Source | None, str], list[Change]] = {}
    for change in plan.changes:
        for reason in change.objections:
            blocked.setdefault((change.source, reason), []).append(change)
    # A runner shows ten annotations a step: one for all the places of a block that meet one guard.
    found = [
        _problem("blocked", changes, f"blocked: {reason}")
        for (_, reason), changes in blocked.items()
    ]
    unread = [
        Problem("unread", f"{one.account} could not be read: {one.message}", one.hint)
        for one in plan.unread
    ]
    return problem_annotations([*unread, *found, *plan.warnings])


def report_annotations(report: Report) -> str:
    """What failed or is unknown, at the line that declares it."""
    return problem_annotations(
        [
            _problem(
                outcome.result.value,
                [outcome.change],
                "; ".join(filter(None, [outcomes.WORDS[outcome.result], outcome.message])),
            )
            for outcome in report.outcomes
            if outcome.result in {Result.FAILED, Result.UNKNOWN}
        ]
    )


def summary(plan: Plan) -> str:
    """The plan for ``$GITHUB_STEP_SUMMARY``."""
    from reconciler.render import markdown  # noqa: PLC0415 - slow, and annotations need none of it

    return markdown.plan(plan, limit=SUMMARY_LIMIT)


def outputs(plan: Plan) -> str:
    """Lines for ``$GITHUB_OUTPUT``: has_changes, partial, the counts and the digest; where
    causes are known, also that of this change alone.
    """
    counts = plan.summary
    values: dict[str, object] = {
        "has_changes": "true" if plan.changes else "false",
        "partial": "true" if plan.unread else "false",
        "create": counts.create,
        "update": counts.update,
        "trash": counts.trash,
        "merge": counts.merge,
        "delete": counts.delete,
        "blocked": counts.blocked,
        "unchanged": counts.unchanged,
        "digest": plan.digest,
        **({"this_change_digest": plan.this_change.digest} if plan.causes_known else {}),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def report_outputs(report: Report, exit_code: int) -> str:
    """Lines for ``$GITHUB_OUTPUT``: complete, exit_code and how many changes ended how."""
    complete = "true" if report.complete else "false"
    lines = [f"complete={complete}\n", f"exit_code={exit_code}\n"]
    lines += [f"{result.value}={report.count(result)}\n" for result in Result]
    return "".join(lines)


def _annotation(problem: Problem) -> str:
    properties = {}
    if problem.marks:
        mark = problem.marks[0]
        properties["file"] = mark.source.file
        properties["line"] = str(mark.source.line)
        properties["col"] = str(mark.source.column)
        if mark.text:
            properties["endColumn"] = str(mark.source.column + max(mark.length, 1))
    properties["title"] = f"reconciler {problem.code}"
    attributes = ",".join(f"{name}={command_property(value)}" for name, value in properties.items())
    level = "error" if problem.severity is Severity.ERROR else "warning"
    message = "\n".join(filter(None, [problem.message, problem.hint]))
    return f"::{level} {attributes}::{command(message)}"


def _problem(code: str, changes: Sequence[Change], why: str) -> Problem:
    first = changes[0]
    # What no block declares has names of its own: those are changes, not places of one tag.
    noun = "more place" if len({one.name for one in changes}) == 1 else "more change"
    more = f" and {count(len(changes) - 1, noun)}" if len(changes) > 1 else ""
    where = f"{wording.title(first.place)}{more}"
    return Problem(
        code=code,
        message=f"{first.verb} {first.name} ({where}) {why}",
        marks=tuple(_marks(first.source)),
    )


def _marks(source: Source | None) -> Iterable[Mark]:
    if source is not None:
        yield Mark(source)
