"""What a reviewer should know of names whose tags have changed since a snapshot was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.codes import PlanCode
from reconciler.model.names import can_be_declared
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.model.trash import parse
from reconciler.planning.since import Trace
from reconciler.text.plural import few
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.tag import Place
    from reconciler.planning.since import Traced


def traced_problem(traced: Traced, places: Sequence[Place], since: str) -> Problem:
    """One warning for a declared name and what its tags are called now, in ``places``; ``since``:
    when the snapshot was taken.
    """
    another = traced.trace in {Trace.ANOTHER, Trace.SWAPPED, Trace.ANEW}
    return Problem(
        code=(PlanCode.ANOTHER_SINCE if another else PlanCode.RENAMED_SINCE).value,
        message=f"{_message(traced, since)} ({few(places)})",
        hint=_hint(traced),
        marks=(Mark(traced.declaration.source),),
        severity=Severity.WARNING,
    )


_MESSAGES: Final = {
    Trace.RENAMED_BACK: "{renamed}; it is renamed {back}",
    Trace.NOT_WANTED: "{renamed}; declared {state}, it is left alone",
    Trace.IN_TRASH: "{renamed}; it lies in the trash, and a new tag is created",
    Trace.SPOKEN_OF: "{renamed}; a block speaks of that name too, so a new tag is created",
    Trace.PROTECTED: "{renamed}; `protect` keeps that name, so a new tag is created",
    Trace.IGNORED: "{renamed}; `ignore` leaves that name to others, so a new tag is created",
    Trace.MERGED_INTO: "{renamed}; other tags are merged into a new one of the declared name",
    Trace.ANOTHER: "{another} is called {now}",
    Trace.SWAPPED: "{another} is called {now}, and a block speaks of that name too",
    Trace.ANEW: "{another}, id {gone}, is gone",
}


def _message(traced: Traced, since: str) -> str:
    declaration, by = traced.declaration, f"the snapshot of {since}"
    name, was, now = map(double_quoted, (declaration.name, traced.was, traced.now))
    former = "" if was == name else f", a former name of {name},"
    return _MESSAGES[traced.trace].format(
        renamed=f"{was}{former} was renamed to {now}, by {by}",
        another=f"{was}{former} is another tag than in {by}; the one that had the name",
        back=f"to {name}" if former else "back",
        state=declaration.state.value,
        now=now,
        gone=traced.now,
    )


def _hint(traced: Traced) -> str | None:
    declaration, now = traced.declaration, traced.now
    match traced.trace:
        case Trace.RENAMED_BACK if can_be_declared(now):
            return (
                "If the new name is meant, write it into the block instead:\n"
                f"name: {double_quoted(now)}\nrenamed_from: [{double_quoted(traced.was)}]"
            )
        case Trace.ANOTHER if parse(now) is None:
            names = ", ".join(map(double_quoted, dict.fromkeys((*declaration.merged_from, now))))
            return (
                "If they are one, paste this line to give what has it the declared tag:\n"
                f"merged_from: [{names}]"
            )
        case Trace.IN_TRASH | Trace.SPOKEN_OF | Trace.PROTECTED | Trace.IGNORED | Trace.MERGED_INTO:
            name = double_quoted(declaration.name)
            return f"Rename it to {name} in CallRail before you apply, and it keeps its history."
        case Trace.SWAPPED:
            return "By name no plan can tell them apart: rename them in CallRail, if need be."
        case Trace.ANEW:
            return (
                "What had the old tag (calls, forms, texts) has lost it; no plan brings that back."
            )
    return None
