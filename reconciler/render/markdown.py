"""A plan or a report as Markdown: a comment on a pull request, a summary of a CI job.

What fits is decided here, line by line; the templates lay it out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Create, Delete, Merge, Update
from reconciler.model.palette import PALETTE
from reconciler.render import diff as differences
from reconciler.render import drift as drifted
from reconciler.render import groups, outcomes, wording
from reconciler.render.budget import Budget
from reconciler.render.escape import log, terminal, ticks
from reconciler.render.layout import column, pad, wrap
from reconciler.render.templating import markdown, markdown_line
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.group_by import GroupBy
    from reconciler.model.news import Comparison
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.render.groups import ChangeGroup, ChangeRow

LIMIT: Final = 60_000
"""GitHub refuses comments of more than 65,536 characters; bytes are the safe side of that."""


def plan(plan: Plan, *, limit: int = LIMIT, group_by: GroupBy | None = None) -> str:
    """``plan`` in fewer than ``limit`` bytes: counts, deletes, what is blocked, then the rest.

    A plan that does not fit says so and how much is missing, and has no digest: what nobody saw
    can't be approved by it. Then each of several accounts has a line of its own, so that none is
    missing. ``group_by``: of the rest; None: as the plan asks for.
    """
    budget = Budget(limit - _RESERVE)
    text = _plan(plan, budget, group_by)
    if not budget.cut or len(plan.accounts) < 2:
        return text
    return _plan(plan, Budget(limit - _RESERVE), group_by, each=_each_account(plan))


def _plan(plan: Plan, budget: Budget, group_by: GroupBy | None, *, each: Sequence[str] = ()) -> str:
    lost = wording.lost(plan)
    unread = budget.fitting(_lines("unread", plan.unread))
    each = budget.fitting(each)
    deletes = budget.fitting(_lines("delete", wording.worst_first(plan.deletes)))
    objections = wording.objections(plan).items()
    blocked = budget.fitting([markdown_line("blocked", *one) for one in objections])
    by, days = group_by or groups.default(plan), wording.trash_days(plan)
    own = plan.this_change if plan.causes_known else plan
    accounts = _accounts(groups.of(own, by), days, budget)
    drift = _accounts(groups.of(replace(plan, changes=plan.drift), by), days, budget)
    warnings = _lines("warning", plan.warnings[:_MOST_WARNINGS])
    shown = [group for one in (*accounts, *drift) for group in one.groups]
    hidden = len(plan.changes) - sum(group.changes for group in shown)
    return markdown(
        "plan.md.j2",
        plan=plan,
        headline=_headline(plan),
        unread=unread,
        each=each,
        moved=budget.fitting(_lines("sentence", wording.moved(plan))),
        counted=lost is not None,
        lost=wording.lost_by(lost) if lost else "every interaction that has the tag loses it",
        deletes=deletes,
        blocked=blocked,
        causes=wording.causes(plan),
        accounts=accounts,
        drift=drift,
        undone=budget.fitting(_lines("item", wording.undone(plan)), essential=False),
        warnings=budget.fitting(warnings, essential=False),
        colors=budget.fitting(_colors(plan), essential=False),
        muted=budget.fitting(_muted(plan), essential=False),
        trash=budget.fitting(_lines("item", wording.trash(plan)), essential=False),
        exceptions=budget.fitting(_lines("item", wording.exceptions(plan)), essential=False),
        requests=wording.requests(plan),
        missing=_missing(hidden, len(plan.deletes) - len(deletes)) if budget.cut else "",
        made=" · ".join(filter(None, [plan.tool_version, plan.created_at])),
    )


def report(report: Report, *, limit: int = LIMIT) -> str:
    """``report`` in fewer than ``limit`` bytes: the verdict, what did not succeed, the rest."""
    budget = Budget(limit - _RESERVE)
    bad = outcomes.folded(outcomes.not_as_planned(report))
    done = [outcomes.outcome_line(outcome) for outcome in outcomes.in_place(report)]
    return markdown(
        "report.md.j2",
        report=report,
        unread=budget.fitting(_lines("unread", report.plan.unread)),
        stops=budget.fitting([markdown_line("stop", *one) for one in outcomes.stops(report)]),
        differences=budget.fitting(_lines("difference", report.differences)),
        bad=budget.fitting([markdown_line("outcome", *one) for one in bad]),
        in_place=len(done),
        done=budget.fitting(done, around=_block("", done)),
        verified=" ".join(filter(None, [outcomes.measured(report), outcomes.verification(report)])),
        cut=budget.cut,
    )


def drift(plan: Plan, *, limit: int = LIMIT) -> str:
    """What has drifted, in fewer than ``limit`` bytes: an issue for the person on call."""
    budget = Budget(limit - _RESERVE)
    sections = _sections(drifted.sections(plan), budget)
    return markdown(
        "drift.md.j2",
        plan=plan,
        headline=drifted.headline(plan),
        sections=sections,
        cut=budget.cut,
    )


def diff(comparison: Comparison, *, limit: int = LIMIT) -> str:
    """What changed between two readings, in fewer than ``limit`` bytes."""
    budget = Budget(limit - _RESERVE)
    sections = _sections(differences.sections(comparison), budget)
    headline = differences.headline(comparison)
    return markdown("diff.md.j2", headline=headline, sections=sections, cut=budget.cut)


def _sections(
    found: Iterable[tuple[str, Sequence[str]]], budget: Budget
) -> list[tuple[str, list[str]]]:
    """What of the lines below each heading fits; a heading without any is left out."""
    sections: list[tuple[str, list[str]]] = []
    for heading, texts in found:
        lines = ["\n  ".join(wrap(log(line), _WIDEST)) for line in texts]
        fitting = budget.fitting(lines, around=_block(heading, lines))
        sections += [(heading, fitting)] if fitting else []
    return sections


_RESERVE: Final = 2_400
"""Bytes for what every comment has: the marker, counts, cautions, headings and the ending."""
_MOST_WARNINGS: Final = 20
_WIDEST: Final = 100
_CLOSE: Final = "\n\n</details>\n\n"
_COUNTED: Final = {
    "create": "to create",
    "update": "to update",
    "merge": "to merge",
    "trash": "to the trash",
    "delete": "to delete",
    "purge": "to purge",
}
"""How the changes of a group are counted, by verb."""
_DIFF_SIGNS: Final = {**wording.SIGNS, "update": "!", "merge": "!"}
"""What a ``diff`` block is coloured by; ``~`` is nothing to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedGroup:
    """The lines of a group that fit, below its ``head``; they show so many ``changes``."""

    head: str
    lines: Sequence[str]
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedAccount:
    """An account's groups that fit, below its ``head``."""

    head: str
    groups: Sequence[FoldedGroup]


def _lines(macro: str, values: Sequence[object]) -> list[str]:
    return [markdown_line(macro, value) for value in values]


def _block(head: str, lines: Sequence[str], *above: str) -> str:
    """What stands around a fenced block of some of ``lines``, as far as it takes room."""
    return "\n".join([head, "", f"{ticks(lines)}diff", *above, ticks(lines), "", ""])


def _each_account(plan: Plan) -> list[str]:
    """A line for each account that was read, with what is planned there."""
    planned: dict[str, Counter[str]] = {use.account.handle: Counter() for use in plan.accounts}
    for change in plan.changes:
        planned[change.place.account.handle][change.verb] += 1
    return [
        markdown_line("planned", handle, _counts(counted) or "no changes")
        for handle, counted in planned.items()
    ]


def _counts(counted: Counter[str]) -> str:
    """``2 to create, 1 to purge``."""
    return ", ".join(
        f"{number(counted[verb])} {noun}" for verb, noun in _COUNTED.items() if counted[verb]
    )


def _headline(plan: Plan) -> str:
    if not plan.changes:
        return wording.no_changes(plan)
    name, summary = "Partial plan" if plan.unread else "Plan", plan.summary
    if plan.causes_known:
        name = "Partial plan of this change" if plan.unread else "This change"
        summary = plan.this_change.summary
    parts = [
        f"{number(getattr(summary, word))} to {word}"
        for word in ("create", "update", "merge")
        if getattr(summary, word)
    ]
    parts += [f"{number(summary.trash)} to the trash"] if summary.trash else []
    parts += [f"**{number(summary.delete)} to delete**"] if summary.delete else []
    parts += [f"**{number(summary.blocked)} blocked**"] if summary.blocked else []
    return f"{name}: {', '.join(parts) or 'nothing, all is drift'}"


def _accounts(
    found: Sequence[ChangeGroup], days: Mapping[str, int | None], budget: Budget
) -> list[FoldedAccount]:
    """The folded part; it ends at the first change that does not fit."""
    by_account: dict[str, list[ChangeGroup]] = {}
    for group in found:
        by_account.setdefault(group.handle, []).append(group)
    shown: list[FoldedAccount] = []
    for handle, members in by_account.items():
        changes = sum(group.changes for group in members)
        head = markdown_line("account", handle, changes)
        fitted: list[FoldedGroup] = []
        if budget.fitting([head], around=_CLOSE):
            for group in members:
                fitted += _group(group, budget, days.get(handle))
                if budget.cut:
                    break
        shown += [FoldedAccount(head=head, groups=fitted)] if fitted else []
        if budget.cut:
            break
    return shown


def _group(group: ChangeGroup, budget: Budget, days: int | None) -> list[FoldedGroup]:
    """``group`` with as many of its changes as fit; empty for none."""
    counted: Counter[str] = Counter()
    for row in group.rows:
        # By place a heading that counts companies counts the changes of one.
        counted[row.change.verb] += len(row.places) if row.by_tag else 1
    head = markdown_line("group", group.title, _counts(counted))
    heads = _names("also in", group.others)
    across = column(row.subject for row in group.rows)
    entries = [_entry(row, across, days) for row in group.rows]
    fitted = budget.fitting(entries, around=_block(head, heads + entries, *heads) + _CLOSE)
    if not fitted:
        return []
    changes = sum(len(row.places) for row in group.rows[: len(fitted)])
    return [FoldedGroup(head=head, lines=[*heads, *fitted], changes=changes)]


def _names(head: str, names: str) -> list[str]:
    return [f"# {line}" for line in wrap(f"{head}: {names}", _WIDEST)] if names else []


def _entry(row: ChangeRow, across: int, days: int | None) -> str:
    change = row.change
    sign = _DIFF_SIGNS[change.verb]
    name = pad(row.subject, across)
    detail = " ".join(filter(None, [wording.detail(change, days=days), wording.cause(change)]))
    if row.by_tag and isinstance(change, Merge):
        detail = f"{wording.named(change)}: {detail}"
    lines = [f"{sign} {change.verb}  {name}   {detail}".rstrip(), *_names("in", row.listed)]
    if change.note and not isinstance(change, Delete) and terminal(change.note) not in detail:
        lines.append(f"#   note: {terminal(change.note)}")
    if change.blocked_by is not None:
        lines.append("#   blocked, see above")
    return "\n".join(lines)


def _colors(plan: Plan) -> list[str]:
    """The known colours that the plan gives, as hex values, beside which GitHub shows a swatch."""
    given = {
        change.after.color
        for change in plan.changes
        if isinstance(change, Create | Update) and change.verb != "trash"
    }
    known = [
        f"{name} `{shade.text}` on `{shade.background}`"
        for name, shade in PALETTE.items()
        if name in given
    ]
    return [f"Colours: {', '.join(known)}."] if known else []


def _muted(plan: Plan) -> list[str]:
    return [f"Muted: {wording.muted(plan.muted)}."] if plan.muted else []


def _missing(changes: int, deletes: int) -> str:
    parts = [f"{count(deletes, 'delete')} of the table"] if deletes else []
    parts += [f"{count(changes, 'change')} of the details"] if changes else []
    return " and ".join(parts) or "a part"
