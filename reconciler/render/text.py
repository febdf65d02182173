"""A plan and drift as a person reads them on a terminal or in a log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Action, Merge
from reconciler.render import groups, wording
from reconciler.render.drift import drift
from reconciler.render.escape import label, log, terminal
from reconciler.render.layout import column, pad, wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.cells import cells
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.change import Change, Loss
    from reconciler.model.group_by import GroupBy
    from reconciler.model.plan import Plan, UnmanagedTag

__all__ = ["drift", "plan", "row"]


def plan(
    plan: Plan, *, style: Style = PLAIN, width: int = 0, group_by: GroupBy | None = None
) -> str:
    """``plan`` as text that ends in a newline.

    ``width``: the terminal's columns; details are broken there. 0: never (a pipe, a file).
    ``group_by``: of the changes; None: as the plan asks for.
    """
    lines: list[str] = []
    if not plan.changes:
        paint = style.update if plan.unread else style.create
        lines += [paint(line) for line in _hung(wording.no_changes(plan), width=width)]
    shown = groups.sections(plan, group_by)
    rows = [each for section in shown for group in section.groups for each in group.rows]
    across = column(each.subject for each in rows)
    days = wording.trash_days(plan)
    notes = _footnotes(plan)
    for at, section in enumerate(shown):
        if at:
            lines += ["", (style.delete if section.grave else style.update)(section.heading)]
        for group in section.groups:
            lines += [""] * bool(lines)
            lines.append(style.bold(group.title))
            if group.others:
                lines += _names("also in", group.others, style=style, width=width)
            for each in group.rows:
                kept = days.get(each.change.place.account.handle)
                lines += row(each, across=across, days=kept, style=style, width=width)
                lines += _blocked(each.change, notes, style=style, width=width)
    if plan.unmanaged_tags:
        lines += ["", *_unmanaged(plan.unmanaged_tags, style=style)]
    lines += ["", *_totals(plan, notes, style=style, width=width)]
    return log("\n".join(lines)) + "\n"


def _names(head: str, names: str, *, style: Style, width: int) -> list[str]:
    """The companies that what stands above only counts."""
    lines = wrap(f"{head}: {names}", width - 4 if width else 0)
    return [style.dim(f"    {line}") for line in lines]


def _unmanaged(tags: Sequence[UnmanagedTag], *, style: Style) -> list[str]:
    """Live tags that nobody declared and the plan keeps, by place."""
    across = column(label(entry.tag.name) for entry in tags)
    lines = [f"Unmanaged, kept as they are: {count(len(tags), 'tag')}"]
    heading = ""
    for entry in tags:
        title = wording.title(entry.place)
        if title != heading:
            lines += ["", style.bold(title)]
            heading = title
        values = wording.values(entry.tag.tag, chip=style.chip)
        name = pad(label(entry.tag.name), across)
        lines.append(f"  {style.dim('. kept')}    {name}   {values}".rstrip())
    return lines


def _footnotes(plan: Plan) -> dict[str, int]:
    """Reasons that block many changes, numbered: repeated beneath each they would bury the plan."""
    times = Counter(why for change in plan.changes for why in change.objections)
    often = (why for why, count in times.items() if count > _SHOWN_IN_PLACE)
    return {why: number for number, why in enumerate(often, start=1)}


def _blocked(change: Change, notes: Mapping[str, int], *, style: Style, width: int) -> list[str]:
    numbers = ", ".join(f"[{notes[why]}]" for why in change.objections if why in notes)
    reasons = [f"blocked {numbers}"] if numbers else []
    reasons += [f"blocked: {terminal(why)}" for why in change.objections if why not in notes]
    lines = []
    for each in reasons:
        first, *more = wrap(each, width - 8 if width else 0)
        lines += [first, *(f"  {one}" for one in more)]
    return [f"      {style.delete(line)}" for line in lines]


_SHOWN_IN_PLACE: Final = 2


def _totals(plan: Plan, notes: Mapping[str, int], *, style: Style, width: int) -> list[str]:
    lines = _hung(f"Plan: {wording.summary(plan)}.", width=width)
    for sentence in (*wording.moved(plan), *wording.deleted(plan)):
        lines += _hung(f"{sentence}.", width=width)
    lines += _causes(plan, width=width)
    for why in wording.partial(plan):
        lines += [style.delete(line) for line in _hung(f"Partial: {why}", width=width)]
    if (lost := wording.lost(plan)) is not None:
        lines += _lost(lost, style=style, width=width)
    if unread := wording.not_read(plan):
        lines += _hung(f"{unread}.", width=width)
    if plan.summary.blocked:
        lines += _why_blocked(plan, notes, style=style, width=width)
    if plan.muted:
        lines += _hung(f"Muted: {wording.muted(plan.muted)}.", width=width)
    if plan.trash:
        head = f"In the trash: {count(len(plan.trash), 'tag')}; {wording.TRASH_HINT}."
        lines += _listed(head, wording.trash(plan), width=width)
    if plan.exceptions:
        head = f"Exceptions: {len(plan.exceptions):,}, agreed in the configuration."
        lines += _listed(head, wording.exceptions(plan), width=width)
    lines += _hung(f"Requests: {wording.requests(plan)}.", width=width)
    lines.append(f"Digest: {plan.digest}")
    if plan.base is not None and plan.drift:
        lines.append(f"Digest of this change: {plan.this_change.digest}")
    return lines


def _why_blocked(plan: Plan, notes: Mapping[str, int], *, style: Style, width: int) -> list[str]:
    """That the plan is blocked, and the reasons that have a number."""
    lines = [style.delete(f"Blocked: {wording.blocked(plan)}.")]
    for why, number in notes.items():
        first, *more = wrap(f"[{number}] {terminal(why)}", width - 6 if width else 0)
        lines += [style.delete(line) for line in (f"  {first}", *(f"      {one}" for one in more))]
    return lines


def _causes(plan: Plan, *, width: int) -> list[str]:
    """What people did since a snapshot, where changes come from, what is not planned any more."""
    lines = [] if plan.since is None else _hung(wording.since(plan), width=width)
    if plan.base is None:
        return lines
    causes, undone = wording.causes(plan), wording.undone(plan)
    lines += _hung(f"Causes: {causes}.", width=width) if causes else []
    if undone:
        lines.append(f"{wording.UNDONE}:")
    for line in undone:
        lines += [f"  {one}" for one in _hung(line, width=width - 2 if width else 0)]
    return lines


def _lost(lost: Loss, *, style: Style, width: int) -> list[str]:
    """What all deletes together take a tag off."""
    lines = ["Lost: nothing; no interaction has a tag that is deleted."]
    if not lost.interactions.none:
        wrapped = _hung(f"Lost: {wording.lost_by(lost)}, for good.", width=width)
        lines = [style.delete(line) for line in wrapped]
    return [*lines, *_hung(f"Not counted: {wording.NOT_COUNTED}.", width=width)]


def _listed(head: str, items: Iterable[str], *, width: int) -> list[str]:
    """``items`` below ``head``."""
    lines = _hung(head, width=width)
    for item in items:
        first, *more = wrap(item, width - 4 if width else 0)
        lines += [f"  {first}", *(f"    {one}" for one in more)]
    return lines


def _hung(text: str, *, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns, the further ones two columns in."""
    first, *more = wrap(text, width - 2 if width else 0)
    return [first, *(f"  {line}" for line in more)]


def row(
    row: groups.ChangeRow, *, across: int, days: int | None, style: Style, width: int
) -> list[str]:
    """One change below its group's title; ``across``: the cells that names take."""
    change = row.change
    verb = f"{wording.SIGNS[change.verb]} {change.verb:<6}"
    name = pad(row.subject, across)
    deletes = change.action is Action.DELETE
    chip = wording.no_chip if deletes else style.chip
    paint = {
        Action.CREATE: style.create,
        Action.UPDATE: style.update,
        Action.MERGE: style.update,
        Action.DELETE: style.delete,
    }[change.action]
    details = wording.detail(change, chip=chip, days=days)
    if row.by_tag and isinstance(change, Merge):
        details = f"{wording.named(change)}: {details}"
    if change.cause is not None:
        details = f"{details} {wording.cause(change)}".lstrip()
    head = f"{verb}  {name}" if deletes else f"{paint(verb)}  {name}"
    lines = _hang(head, details, width=width)
    shown = [f"  {paint(line) if deletes else line}" for line in lines]
    names = _names("in", row.listed, style=style, width=width) if row.listed else []
    return shown + names


def _hang(head: str, details: str, *, width: int) -> list[str]:
    """``details`` three columns after ``head``, its further lines under its first."""
    indent = cells(head) + 3
    room = width - 2 - indent
    if width < 1 or room >= _LEAST_ROOM:
        first, *more = wrap(details, room if width > 0 else 0)
        return [f"{head}   {first}".rstrip(), *(" " * indent + line for line in more)]
    return [head.rstrip(), *(f"    {line}" for line in wrap(details, width - 6) if line)]


_LEAST_ROOM: Final = 20
