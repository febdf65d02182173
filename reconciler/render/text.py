"""A plan and drift as a person reads them on a terminal or in a log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Action
from reconciler.render import groups, wording
from reconciler.render.drift import drift
from reconciler.render.escape import label, log, terminal
from reconciler.render.layout import cells, count, pad, wrap
from reconciler.render.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan, UnmanagedTag

__all__ = ["drift", "plan"]

NAME_COLUMN: Final = 40
"""Longer names don't push everyone's details to the right."""


def plan(plan: Plan, *, style: Style = PLAIN, width: int = 0) -> str:
    """``plan`` as text that ends in a newline.

    ``width``: the terminal's columns; details are broken there. 0: never (a pipe, a file).
    """
    lines: list[str] = []
    if not plan.changes:
        lines += [(style.update if plan.unread else style.create)(wording.no_changes(plan))]
    shown = groups.of(plan)
    column = _column(change.name for group in shown for change in group.changes)
    notes = _footnotes(plan)
    for group in shown:
        lines.append(style.bold(group.title))
        if group.others:
            also = wrap(f"also in: {group.others}", width - 4 if width else 0)
            lines += [style.dim(f"    {line}") for line in also]
        for change in group.changes:
            lines += _change(change, column=column, style=style, width=width)
            lines += _blocked(change, notes, style=style, width=width)
    if plan.unmanaged_tags:
        lines += ["", *_unmanaged(plan.unmanaged_tags, style=style)]
    lines += ["", *_totals(plan, notes, style=style, width=width)]
    return log("\n".join(lines)) + "\n"


def _unmanaged(tags: Sequence[UnmanagedTag], *, style: Style) -> list[str]:
    """Live tags that nobody declared and the plan keeps, by place."""
    column = _column(entry.tag.name for entry in tags)
    lines = [f"Unmanaged, kept as they are: {count(len(tags), 'tag')}"]
    heading = ""
    for entry in tags:
        title = wording.title(entry.place)
        if title != heading:
            lines.append(style.bold(title))
            heading = title
        values = wording.values(entry.tag.tag, chip=style.chip)
        name = pad(label(entry.tag.name), column)
        lines.append(f"  {style.dim('. kept')}    {name}   {values}".rstrip())
    return lines


def _footnotes(plan: Plan) -> dict[str, int]:
    """Reasons that block many changes, numbered: repeated beneath each they would bury the plan."""
    times = Counter(change.blocked_by for change in plan.changes)
    often = (why for why, count in times.items() if why is not None and count > _SAID_IN_PLACE)
    return {why: number for number, why in enumerate(often, start=1)}


def _blocked(change: Change, notes: Mapping[str, int], *, style: Style, width: int) -> list[str]:
    why = change.blocked_by
    if why is None:
        return []
    said = f"blocked [{notes[why]}]" if why in notes else f"blocked: {terminal(why)}"
    lines = wrap(said, width - 6 if width else 0)
    return [f"      {style.delete(line)}" for line in lines]


_SAID_IN_PLACE: Final = 2


def _totals(plan: Plan, notes: Mapping[str, int], *, style: Style, width: int) -> list[str]:
    lines = [f"Plan: {wording.summary(plan)}."]
    for why in wording.partial(plan):
        first, *more = wrap(f"Partial: {why}", width)
        lines += [style.delete(line) for line in (first, *(f"  {one}" for one in more))]
    lost = wording.lost(plan)
    if lost is not None and lost.interactions.none:
        lines.append("Lost: nothing; no interaction has a tag that is deleted.")
    elif lost is not None:
        lines.append(style.delete(f"Lost: {wording.lost_by(lost)}, for good."))
    if lost is not None:
        first, *more = wrap(f"Not counted: {wording.NOT_COUNTED}.", width)
        lines += [first, *(f"  {line}" for line in more)]
    if plan.summary.blocked:
        lines.append(style.delete(f"Blocked: {wording.blocked(plan)}."))
    for why, number in notes.items():
        first, *more = wrap(f"[{number}] {terminal(why)}", width - 6 if width else 0)
        lines += [style.delete(line) for line in (f"  {first}", *(f"      {one}" for one in more))]
    if plan.muted:
        lines.append(f"Muted: {wording.muted(plan.muted)}.")
    first, *more = wrap(f"Requests: {wording.requests(plan)}.", width)
    lines += [first, *(f"  {line}" for line in more)]
    return [*lines, f"Digest: {plan.digest}"]


def _change(change: Change, *, column: int, style: Style, width: int) -> list[str]:
    verb = f"{wording.SIGNS[change.action]} {change.action.value}"
    name = pad(label(change.name), column)
    deletes = change.action is Action.DELETE
    chip = wording.no_chip if deletes else style.chip
    paint = {
        Action.CREATE: style.create,
        Action.UPDATE: style.update,
        Action.DELETE: style.delete,
    }[change.action]
    details = wording.detail(change, chip=chip)
    head = f"{verb}  {name}" if deletes else f"{paint(verb)}  {name}"
    lines = _hang(head, details, width=width)
    return [f"  {paint(line) if deletes else line}" for line in lines]


def _hang(head: str, details: str, *, width: int) -> list[str]:
    """``details`` three columns after ``head``, its further lines under its first."""
    indent = cells(head) + 3
    room = width - 2 - indent
    if width < 1 or room >= _LEAST_ROOM:
        first, *more = wrap(details, room if width > 0 else 0)
        return [f"{head}   {first}".rstrip(), *(" " * indent + line for line in more)]
    return [head.rstrip(), *(f"    {line}" for line in wrap(details, width - 6) if line)]


_LEAST_ROOM: Final = 20


def _column(names: Iterable[str]) -> int:
    return min(max((cells(label(name)) for name in names), default=0), NAME_COLUMN)
