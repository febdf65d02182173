"""What a plan does otherwise than the one that was reviewed, as text for a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.planning.reviewed import Why
from reconciler.render import groups, wording
from reconciler.render.escape import log, terminal
from reconciler.render.layout import column, wrap
from reconciler.render.style import PLAIN, Style
from reconciler.render.text import row
from reconciler.text.moment import moment
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.plan import Base, Plan
    from reconciler.planning.reviewed import Deviation, Differences


def text(found: Differences, *, style: Style = PLAIN, width: int = 0) -> str:
    """``found`` as text that ends in a newline; ``width`` as for plans."""
    lines = []
    for heading, deviations in (
        ("Only in the reviewed plan", found.dropped),
        ("Only in the plan of now", found.added),
    ):
        if deviations:
            lines += [style.bold(f"{heading}: {count(len(deviations), 'change')}"), ""]
            lines += [*_changes(deviations, style=style, width=width), ""]
    lines += [f"In both: {count(found.same, 'change')}."]
    for sentence in _why(found):
        first, *more = wrap(sentence, width - 2 if width else 0)
        lines += [first, *(f"  {one}" for one in more)]
    lines += [f"Reviewed: {_plan(found.reviewed)}", f"Now:      {_plan(found.now)}"]
    return log("\n".join(lines)) + "\n"


def _changes(deviations: Sequence[Deviation], *, style: Style, width: int) -> Iterator[str]:
    by_change = {one.change: one for one in deviations}
    grouped = groups.by_place(by_change)
    across = column(each.subject for group in grouped for each in group.rows)
    for at, group in enumerate(grouped):
        yield from [""] * (at > 0)
        yield style.bold(group.title)
        for each in group.rows:
            yield from row(each, across=across, days=None, style=style, width=width)
            why = by_change[each.change]
            detail = f": {terminal(why.detail)}" if why.detail else ""
            for line in wrap(f"why: {why.why}{detail}", width - 6 if width else 0):
                yield style.dim(f"      {line}")


_WHY = {
    Why.LIVE: "live state has changed since the review",
    Why.CONFIGURATION: "the configuration is not the reviewed one",
    Why.ACCESS: "accounts are reached otherwise (gateway, connection or key variable)",
    Why.EITHER: "live state, or the configuration, has changed since the review",
}


def _why(found: Differences) -> Iterator[str]:
    if found.why:
        yield f"Why: {wording.joined([_WHY[why] for why in found.why])}."
    else:
        yield "Both plans do the same."
    old, new = found.reviewed, found.now
    if old.base is not None and new.base is not None and old.base.commit != new.base.commit:
        yield f"The reviewed plan changes {_commit(old.base)}, that of now {_commit(new.base)}."
    if old.tool_version != new.tool_version:
        yield (
            f"The reviewed plan was made by reconciler {terminal(old.tool_version)}, "
            f"that of now by {terminal(new.tool_version)}."
        )


def _commit(base: Base) -> str:
    return "an unknown commit" if base.commit is None else f"commit {terminal(base.commit)[:12]}"


def _plan(plan: Plan) -> str:
    return f"{plan.digest} of {moment(plan.created_at)}"
