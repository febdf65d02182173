"""A plan or a report as Markdown: a comment on a pull request, a summary of a CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.change import Action, Change, Delete
from reconciler.model.palette import PALETTE
from reconciler.render import drift as drifted
from reconciler.render import outcomes, place_groups, wording
from reconciler.render.budget import Budget
from reconciler.render.escape import code, fence, html, label, log, prose, terminal
from reconciler.render.layout import pad, wrap
from reconciler.text.cells import cells
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.change import Loss
    from reconciler.model.outcome import AccountError, Outcome, Report
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Problem
    from reconciler.render.place_groups import Group

LIMIT: Final = 60_000
"""GitHub refuses comments of more than 65,536 characters; bytes are the safe side of that."""

PLAN_MARKER: Final = "<!-- reconciler: plan -->"
REPORT_MARKER: Final = "<!-- reconciler: report -->"
DRIFT_MARKER: Final = "<!-- reconciler: drift -->"
"""First lines, by which a job finds its earlier comment or issue again."""


def plan(plan: Plan, *, limit: int = LIMIT) -> str:
    """``plan`` in fewer than ``limit`` bytes: counts, deletes, what is blocked, then the rest.

    A plan that does not fit says so and how much is missing, and bears no digest: what nobody saw
    can't be approved by it.
    """
    out = Budget(limit, reserve=_RESERVE)
    out.take(f"{PLAN_MARKER}\n### {_headline(plan)}\n\n{wording.kept(plan)}.\n")
    _unread(plan.unread, out)
    if plan.deletes:
        out.take(_caution(plan))
    shown = _deletes(plan.deletes, out)
    _blocked(plan, out)
    hidden = len(plan.changes) - _details(plan, out)
    _warnings(plan.warnings, out)
    lost = len(plan.deletes) - shown
    _colors(plan, out)
    _line(prose(f"Muted: {wording.muted(plan.muted)}.") + "\n" if plan.muted else "", out)
    requests = prose(f"Requests: {wording.requests(plan)}.")
    ending = f"{requests}  \n{_ending(plan, out, hidden, lost)}"
    return out.text(ending) + "\n"


def report(report: Report, *, limit: int = LIMIT) -> str:
    """``report`` in fewer than ``limit`` bytes: the verdict, what did not succeed, the rest."""
    out = Budget(limit, reserve=_RESERVE)
    told, stops = outcomes.counts(report) or "nothing to do", list(outcomes.stops(report))
    out.take(f"{REPORT_MARKER}\n### {outcomes.verdict(report)}: {told}\n")
    _unread(report.plan.unread, out)
    for account, failure in stops:
        who = f"{code(account)} stopped: " if account else ""
        hint = f" {prose(failure.hint)}" if failure.hint else ""
        out.take(f"- {who}{prose(failure.message)}{hint}")
    if stops:
        out.take("")
    if report.differences:
        lines = [f"- {prose(difference)}" for difference in report.differences]
        out.take("\n".join([outcomes.verification(report) + "\n", *lines, ""]))
    bad = outcomes.folded(outcomes.to_look_at(report))
    _table(("Result", "Change", "Where", "Why"), [_outcome_row(*one) for one in bad], out)
    _done(report, out)
    look = "" if report.differences else f"{outcomes.verification(report)} "
    cut = "\n\n**This report is cut**: not everything fits here." if out.cut else ""
    ending = f"{look}{number(report.requests)} requests used.{cut}\n\n"
    return out.text(f"{ending}Digest: `{report.plan.digest}`") + "\n"


def drift(plan: Plan, *, limit: int = LIMIT) -> str:
    """What has drifted, in fewer than ``limit`` bytes: an issue for the person on call."""
    out = Budget(limit, reserve=_RESERVE)
    out.take(f"{DRIFT_MARKER}\n### {drifted.headline(plan)}\n")
    for heading, found in drifted.sections(plan):
        lines = [log(line) for line in found]
        fitting = out.fitting(lines, around=heading + "`" * 32)
        if fitting:
            out.take(f"{heading}\n\n{fence(lines[:fitting])}\n")
    cut = "\n\n**This list is cut**: `reconciler drift` shows all of it." if out.cut else ""
    made = f" Seen at {plan.created_at}." if plan.created_at else ""
    return out.text(f"`reconciler plan` shows what would bring live state back.{made}{cut}") + "\n"


_RESERVE: Final = 1200
_NAMES: Final = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}
_DIFF_SIGNS: Final = {Action.CREATE: "+", Action.UPDATE: "!", Action.DELETE: "-"}
"""What a ``diff`` block is coloured by; ``~`` is nothing to it."""


def _headline(plan: Plan) -> str:
    summary = plan.summary
    if not plan.changes:
        return wording.no_changes(plan)
    parts = [
        f"{number(getattr(summary, word))} to {word}"
        for word in ("create", "update")
        if getattr(summary, word)
    ]
    parts += [f"**{number(summary.delete)} to delete**"] if summary.delete else []
    parts += [f"**{number(summary.blocked)} blocked**"] if summary.blocked else []
    return f"{'Partial plan' if plan.unread else 'Plan'}: {', '.join(parts)}"


def _unread(errors: Sequence[AccountError], out: Budget) -> None:
    """Accounts that could not be read: before all else, because the rest is silent about them."""
    if not errors:
        return
    lines = []
    for one in errors:
        hint = f" {prose(one.hint)}" if one.hint else ""
        why = f"could not be read, so nothing is planned there: {prose(one.message)}.{hint}"
        lines.append(f"> - {code(label(one.account))} {why}")
    out.take("\n".join(["> [!WARNING]", *lines, ""]))


def _caution(plan: Plan) -> str:
    lost = wording.lost(plan)
    deletes = len(plan.deletes)
    said = wording.lost_by(lost) if lost else "every interaction that has the tag loses it"
    hidden = f"> Not counted: {wording.NOT_COUNTED}.\n" if lost else ""
    top = f"> [!CAUTION]\n> **{count(deletes, 'delete')}: {said}.** That can't be undone.\n"
    return top + hidden


def _deletes(deletes: Sequence[Delete], out: Budget) -> int:
    """How many of ``deletes`` got their row."""
    rows = [
        (
            code(label(change.name), in_table=True),
            code(wording.title(change.place), in_table=True),
            _loses(change.loss),
            prose(change.note or "") or ("not declared" if change.source is None else ""),
        )
        for change in wording.worst_first(deletes)
    ]
    return _table(("Delete", "Where", "What loses it", "Why"), rows, out)


def _loses(loss: Loss | None) -> str:
    if loss is None:
        return "not counted"
    said = wording.losing(loss)
    open_ended = loss.interactions.most is None or not loss.flows.none
    return f"**{said}**" if open_ended else said


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], out: Budget) -> int:
    """How many of ``rows`` fitted."""
    if not rows:
        return 0
    lines = [f"| {' | '.join(row)} |" for row in rows]
    top = f"| {' | '.join(head)} |\n|{'---|' * len(head)}"
    fitting = out.fitting(lines, around=top)
    return fitting if fitting and out.take("\n".join([top, *lines[:fitting], ""])) else 0


def _blocked(plan: Plan, out: Budget) -> None:
    held = [change for change in plan.changes if change.blocked_by is not None]
    if not held:
        return
    out.take(f"#### Blocked: {count(len(held), 'change')}; apply refuses the plan\n")
    for reason, changes in wording.objections(plan).items():
        names = ", ".join(code(label(change.name)) for change in changes[:_NAMED])
        more = f" and {len(changes) - _NAMED:,} more" if len(changes) > _NAMED else ""
        out.take(f"- {prose(reason)}: {names}{more}")
    out.take("")


_NAMED: Final = 10


def _warnings(warnings: Sequence[Problem], out: Budget) -> None:
    if not warnings:
        return
    lines = [_warning(problem) for problem in warnings]
    top = f"<details><summary>{count(len(lines), 'warning')}</summary>\n"
    fitting = out.fitting(lines[:_MOST_WARNINGS], around=top + _CLOSE + _MORE, essential=False)
    left = len(lines) - fitting
    more = [f"- and {left:,} more"] if left else []
    if fitting:
        out.take("\n".join([top, *lines[:fitting], *more, _CLOSE]))


_MOST_WARNINGS: Final = 20
_MORE: Final = "- and 1,000,000 more"
_CLOSE: Final = "\n</details>\n"


def _warning(problem: Problem) -> str:
    source = problem.source
    where = f" {code(f'{source.file}:{source.line}')}" if source else ""
    hint = f" {prose(problem.hint)}" if problem.hint else ""
    return f"- {code(problem.code)}{where} {prose(problem.message)}.{hint}"


def _details(plan: Plan, out: Budget) -> int:
    """How many changes stand in the folded part; it ends at the first that does not fit."""
    shown = 0
    by_account: dict[str, list[Group]] = {}
    for group in place_groups.of(plan):
        by_account.setdefault(group.places[0].account.handle, []).append(group)
    for handle, members in by_account.items():
        changes = sum(len(group.changes) * len(group.places) for group in members)
        title = f"<b><code>{html(handle)}</code></b>: {count(changes, 'change')}"
        if not out.take(f"<details><summary>{title}</summary>\n"):
            break
        for group in members:
            fitted = _group(group, out)
            shown += fitted * len(group.places)
            if fitted < len(group.changes):
                break
        out.close("</details>\n")
        if out.cut:
            break
    return shown


def _group(group: Group, out: Budget) -> int:
    counts = ", ".join(
        f"{number(times)} to {_NAMES[action]}"
        for action in _NAMES
        if (times := sum(change.action is action for change in group.changes))
    )
    column = min(max(cells(label(change.name)) for change in group.changes), 40)
    heads = wrap(f"also in: {group.others}", _WIDEST) if group.others else []
    entries = [_lines(change, column) for change in group.changes]
    summary = f"<details><summary><code>{html(group.title)}</code>: {counts}</summary>\n"
    around = "\n".join([summary, *(f"# {line}" for line in heads), "`" * 16, _CLOSE])
    fitting = out.fitting(["\n".join(entry) for entry in entries], around=around)
    lines = [f"# {line}" for line in heads]
    lines += [line for entry in entries[:fitting] for line in entry]
    block = "\n".join([summary, fence(lines, language="diff"), _CLOSE])
    return fitting if fitting and out.take(block) else 0


def _colors(plan: Plan, out: Budget) -> None:
    """The known colours that the plan gives, as hex values, beside which GitHub shows a swatch."""
    given = {change.after.color for change in plan.changes if not isinstance(change, Delete)}
    known = [
        f"{name} `{shade.text}` on `{shade.background}`"
        for name, shade in PALETTE.items()
        if name in given
    ]
    _line(f"Colours: {', '.join(known)}.\n" if known else "", out)


def _line(line: str, out: Budget) -> None:
    """One more line where it fits; without it nothing counts as cut."""
    if line and out.fitting([line], essential=False):
        out.take(line)


_WIDEST: Final = 110


def _lines(change: Change, column: int) -> list[str]:
    sign = _DIFF_SIGNS[change.action]
    name = pad(label(change.name), column)
    detail = wording.detail(change)
    lines = [f"{sign} {change.action.value}  {name}   {detail}".rstrip()]
    if change.note and not isinstance(change, Delete) and terminal(change.note) not in detail:
        lines.append(f"#   note: {terminal(change.note)}")
    if change.blocked_by is not None:
        lines.append("#   blocked, see above")
    return lines


def _ending(plan: Plan, out: Budget, hidden: int, lost: int) -> str:
    if not out.cut:
        made = " · ".join(filter(None, [plan.tool_version, plan.created_at]))
        stamp = f"\n\n<sub>{code(f'reconciler {made}')}</sub>" if made else ""
        return f"Digest: `{plan.digest}`{stamp}"
    parts = [f"{count(lost, 'delete')} of the table"] if lost else []
    parts += [f"{count(hidden, 'change')} of the details"] if hidden else []
    missing = " and ".join(parts) or "a part"
    return (
        f"\n> [!WARNING]\n> **This comment is cut**: {missing} did not fit, so it bears no digest "
        "and can't be approved. Read the whole plan in the job's files (JSON, HTML or text), or "
        "split the change."
    )


def _outcome_row(outcome: Outcome, times: int) -> tuple[str, str, str, str]:
    change = outcome.change
    more = f" (and {count(times - 1, 'change')} more)" if times > 1 else ""
    said = "; ".join(prose(part) for part in (outcome.message, outcome.hint) if part)
    return (
        f"**{outcomes.WORDS[outcome.result]}**",
        f"{change.action.value} {code(label(change.name), in_table=True)}",
        code(wording.title(change.place), in_table=True) + more,
        said,
    )


def _done(report: Report, out: Budget) -> None:
    known = set(map(id, outcomes.to_look_at(report)))
    lines = [
        outcomes.outcome_line(outcome) for outcome in report.outcomes if id(outcome) not in known
    ]
    if not lines:
        return
    top = f"<details><summary>{count(len(lines), 'change')} in place</summary>\n"
    fitting = out.fitting(lines, around=top + "`" * 16 + _CLOSE)
    if fitting:
        out.take("\n".join([top, fence(lines[:fitting]), _CLOSE]))
