"""A plan or a report as one page that explains itself to whoever opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.change import Change, Create, Delete, Update, before_and_after
from reconciler.model.tag import Place, Status, Tag
from reconciler.render import drift as drifted
from reconciler.render import outcomes, place_groups, wording
from reconciler.render.escape import label
from reconciler.render.page import bdi, chip, page, pill, table
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.outcome import AccountError, Outcome, Report
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Problem
    from reconciler.model.tag import AccountRef

MOST_CELLS: Final = 20_000
"""Of one account's matrix; a browser lays out more only slowly, and nobody reads them."""


def plan(plan: Plan) -> str:
    """``plan`` as a whole HTML document."""
    title = f"{'Partial plan' if plan.unread else 'Plan'}: {wording.summary(plan)}"
    name = "Partial plan" if plan.unread else "Plan"
    parts = [f"<h1>{name if plan.changes else wording.no_changes(plan)}</h1>"]
    parts += [_unread(plan.unread), _tiles(plan)]
    parts += [_deletes(plan), _blocked(plan), _warnings(plan.warnings)]
    by_account: dict[str, list[Change]] = {}
    for change in plan.changes:
        by_account.setdefault(change.place.account.id, []).append(change)
    parts += [
        _account(use.account, by_account[use.account.id])
        for use in plan.accounts
        if use.account.id in by_account
    ]
    if plan.changes:
        parts += ["<h2>Every change</h2>", *map(_group, place_groups.of(plan))]
    parts += [_unmanaged(plan), _footer(plan)]
    return page(title, "\n".join(part for part in parts if part))


def report(report: Report) -> str:
    """``report`` as a whole HTML document."""
    verdict = outcomes.verdict(report)
    tiles = [
        (outcomes.WORDS[result], report.count(result), "create" if result.succeeded else "delete")
        for result in outcomes.WORDS
        if report.count(result)
    ]
    bad = outcomes.to_look_at(report)
    known = set(map(id, bad))
    done = [outcome for outcome in report.outcomes if id(outcome) not in known]
    parts = [f"<h1>{verdict}</h1>", _tile_list(tiles), _unread(report.plan.unread)]
    parts.append(_stops(report))
    if bad:
        rows = _outcomes(bad)
        parts.append(f'<section class="alarm"><h2>Not as planned</h2>{rows}</section>')
    if done:
        parts.append(f"<h2>In place</h2>{_outcomes(done)}")
    look = outcomes.verification(report).replace(":", ".") if report.differences else ""
    look = look or outcomes.verification(report)
    parts.append(
        f"<footer>{look} {number(report.requests)} requests used.<br>"
        f"Digest: <code>{report.plan.digest}</code></footer>"
    )
    return page(f"{verdict}: {outcomes.counts(report)}", "\n".join(parts))


def drift(plan: Plan) -> str:
    """What has drifted as a whole HTML document, for the person on call."""
    said = drifted.headline(plan)
    parts = [f"<h1>{said}</h1>"]
    for heading, lines in drifted.sections(plan):
        items = "".join(f"<li>{bdi(line)}</li>" for line in lines)
        parts.append(f"<h2>{heading.removesuffix(':')}</h2><ul>{items}</ul>")
    return page(said, "\n".join([*parts, _footer(plan)]))


def _tiles(plan: Plan) -> str:
    summary = plan.summary
    tiles = [
        ("to create", summary.create, "create"),
        ("to update", summary.update, "update"),
        ("to delete", summary.delete, "delete"),
        ("unchanged", summary.unchanged, ""),
        ("unmanaged, kept", summary.unmanaged, ""),
    ]
    if summary.blocked:
        tiles.append(("blocked", summary.blocked, "delete"))
    return _tile_list(tiles)


def _tile_list(tiles: Sequence[tuple[str, int, str]]) -> str:
    items = "".join(
        f'<li><b class="{kind if value else "dim"}">{number(value)}</b>{word}</li>'
        for word, value, kind in tiles
    )
    return f'<ul class="tiles">{items}</ul>'


def _deletes(plan: Plan) -> str:
    if not plan.deletes:
        return ""
    lost = wording.lost(plan)
    said = f": {wording.lost_by(lost)}" if lost else ""
    hidden = f'<p class="dim">Not counted: {wording.NOT_COUNTED}.</p>' if lost else ""
    rows = [
        [
            _tag(change.before.tag),
            _where(change.place),
            _loses(change),
            bdi(change.note) if change.note else '<span class="dim">not declared</span>',
        ]
        for change in wording.worst_first(plan.deletes)
    ]
    return (
        f'<section class="alarm"><h2>{count(len(rows), "delete")}, for good{said}</h2>'
        f"{table(['Tag', 'Where', 'What loses it', 'Why'], rows)}{hidden}</section>"
    )


def _blocked(plan: Plan) -> str:
    rows = [
        [bdi(reason), "<br>".join(map(_named, changes[:_NAMED])) + _more(changes)]
        for reason, changes in wording.objections(plan).items()
    ]
    if not rows:
        return ""
    head = ["Blocked by", "What it blocks"]
    held = count(plan.summary.blocked, "change")
    return (
        f'<section class="alarm"><h2>{held} blocked: apply refuses the plan</h2>'
        f"{table(head, rows)}</section>"
    )


def _named(change: Change) -> str:
    return f"{_sign(change, word=True)} {bdi(label(change.name))} · {_where(change.place)}"


_NAMED: Final = 10


def _more(changes: Sequence[Change]) -> str:
    more = len(changes) - _NAMED
    return f"<br>and {number(more)} more" if more > 0 else ""


def _warnings(warnings: Sequence[Problem]) -> str:
    if not warnings:
        return ""
    rows = [
        [
            f"<code>{bdi(problem.code)}</code>{_line(problem)}",
            bdi(problem.message) + (f"<br>{bdi(problem.hint)}" if problem.hint else ""),
        ]
        for problem in warnings
    ]
    listing = table(["Where", "What"], rows, kind="warnings")
    return f"<h2>{count(len(rows), 'warning')}</h2>{listing}"


def _line(problem: Problem) -> str:
    if problem.source is None:
        return ""
    return f"<br>{bdi(f'{problem.source.file}:{problem.source.line}')}"


def _account(account: AccountRef, changes: Sequence[Change]) -> str:
    """The matrix: a row for each place where something changes, a column for each tag's name."""
    called = f' <span class="dim">{bdi(account.name)}</span>' if account.name else ""
    names = sorted({change.name for change in changes}, key=str.casefold)
    cells: dict[Place, dict[str, list[Change]]] = {}
    for change in changes:
        cells.setdefault(change.place, {}).setdefault(change.name, []).append(change)
    places = sorted(cells, key=lambda place: (place.company is not None, wording.title(place)))
    rows = max(MOST_CELLS // len(names), 1)
    columns = names[:MOST_CELLS]
    head = "".join(f'<th scope="col"><span>{bdi(label(name))}</span></th>' for name in columns)
    body = "\n".join(
        f'<tr><th scope="row">{_company(place)}</th>'
        f"{''.join(_cell(cells[place].get(name, ())) for name in columns)}</tr>"
        for place in places[:rows]
    )
    left = len(places) - rows
    more = f'<p class="dim">{left:,} more places stand below.</p>' if left > 0 else ""
    return (
        f'<h2>{bdi(account.handle)}{called}</h2><div class="scroll"><table class="matrix">'
        f"<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>{more}"
        f'<p class="dim">{_LEGEND}</p>'
    )


_LEGEND: Final = "+ create, ~ update, − delete; the square is the colour that the tag will have."


def _cell(changes: Sequence[Change]) -> str:
    if not changes:
        return "<td></td>"
    signs = "".join(
        f"{_sign(change)}{'' if isinstance(change, Delete) else chip(change.after.color)}"
        for change in changes
    )
    return f"<td>{signs}</td>"


def _group(group: place_groups.Group) -> str:
    rows = [
        [_sign(change, word=True), _tag(after or before), _detail(change)]
        for change in group.changes
        for before, after in [before_and_after(change)]
    ]
    others = f'<p class="dim">also in: {bdi(group.others)}</p>' if group.others else ""
    return f"<h3>{bdi(group.title)}</h3>{others}{table(['Change', 'Tag', 'What'], rows)}"


def _detail(change: Change) -> str:
    parts = []
    if not isinstance(change, Create):
        parts.append(f"{_recoloured(change)}{bdi(wording.detail(change))}")
    if change.note and not isinstance(change, Delete):
        parts.append(f'<span class="dim">{bdi(change.note)}</span>')
    if change.source is not None:
        where = f"{change.source.file}:{change.source.line}"
        parts.append(f'<span class="dim">{bdi(where)}</span>')
    if change.blocked_by is not None:
        parts.append('<span class="blocked">blocked, see above</span>')
    return "<br>".join(parts)


def _recoloured(change: Change) -> str:
    if not isinstance(change, Update) or "color" not in change.fields:
        return ""
    return f"{chip(change.before.color)}→ {chip(change.after.color)}"


def _tag(tag: Tag | None) -> str:
    if tag is None:
        return ""
    color = f' <span class="dim">{bdi(tag.color)}</span>' if tag.color else ""
    off = ' <span class="dim">disabled</span>' if tag.status is Status.DISABLED else ""
    return f"{pill(label(tag.name), tag.color)}{color}{off}"


def _sign(change: Change, *, word: bool = False) -> str:
    sign = {"-": "−"}.get(wording.SIGNS[change.action], wording.SIGNS[change.action])
    text = f"{sign} {change.action.value}" if word else sign
    return f'<span class="sign {change.action.value}">{text}</span>'


def _loses(change: Delete) -> str:
    if change.loss is None:
        return '<span class="dim">not counted</span>'
    said = wording.losing(change.loss)
    open_ended = change.loss.interactions.most is None or not change.loss.flows.none
    return f'<b class="delete">{said}</b>' if open_ended else said


def _where(place: Place) -> str:
    return f"{bdi(place.account.handle)} · {_company(place)}"


def _company(place: Place) -> str:
    return "account level" if place.company is None else bdi(label(place.company.known_as))


def _outcomes(found: Sequence[Outcome]) -> str:
    rows = [
        [
            outcomes.WORDS[outcome.result],
            f"{_sign(outcome.change, word=True)} {bdi(label(outcome.change.name))}",
            _where(outcome.change.place),
            "<br>".join(bdi(part) for part in (outcome.message, outcome.hint) if part),
        ]
        for outcome in found
    ]
    return table(["Result", "Change", "Where", "Why"], rows)


def _stops(report: Report) -> str:
    lines = [
        f"<li>{f'<b>{bdi(account)}</b> stopped: ' if account else ''}{bdi(failure.message)}"
        + (f"<br>{bdi(failure.hint)}" if failure.hint else "")
        for account, failure in outcomes.stops(report)
    ]
    lines += [f"<li>differs from what was done: {bdi(line)}" for line in report.differences]
    return f'<section class="alarm"><ul>{"".join(lines)}</ul></section>' if lines else ""


def _unread(errors: Sequence[AccountError]) -> str:
    """Accounts that could not be read: before all else, because the rest is silent about them."""
    lines = [
        f"<li><b>{bdi(label(one.account))}</b> could not be read, so nothing is planned there: "
        f"{bdi(one.message)}" + (f"<br>{bdi(one.hint)}" if one.hint else "")
        for one in errors
    ]
    return f'<section class="alarm"><ul>{"".join(lines)}</ul></section>' if lines else ""


def _unmanaged(plan: Plan) -> str:
    if not plan.unmanaged_tags:
        return ""
    rows = [[_tag(entry.tag.tag), _where(entry.place)] for entry in plan.unmanaged_tags]
    listing = table(["Tag", "Where"], rows)
    title = f"{count(len(rows), 'tag')} unmanaged, kept as they are"
    return f"<h2>Unmanaged</h2><details><summary>{title}</summary>{listing}</details>"


def _footer(plan: Plan) -> str:
    made = " · ".join(filter(None, ["reconciler " + plan.tool_version, plan.created_at]))
    muted = f"Muted: {bdi(wording.muted(plan.muted))}.<br>" if plan.muted else ""
    return (
        f"<footer>{muted}Requests: {bdi(wording.requests(plan))}.<br>"
        f"Digest: <code>{plan.digest}</code><br>{bdi(made)}</footer>"
    )
