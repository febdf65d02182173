"""A plan told to the person on call: where live state is not what the configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.config.codes import Code
from reconciler.model.change import Create, Merge, Reason, Update
from reconciler.model.codes import PlanCode
from reconciler.model.news import News
from reconciler.planning.guard import is_removal
from reconciler.planning.since_news import CONCERNS_UNDECLARED, is_news
from reconciler.render import groups, wording
from reconciler.render.escape import label, log, terminal
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.moment import moment
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Evidence, Plan, UnmanagedTag
    from reconciler.model.tag import Place


def drift(plan: Plan, *, style: Style = PLAIN, width: int = 0) -> str:
    """What must be looked at, by kind; text that ends in a newline. ``width`` as for plans."""
    worrying = plan.changes or plan.unread
    paint = style.delete if worrying else style.create
    lines = [paint(line) for line in wrap(headline(plan), width)]
    for heading, found in sections(plan):
        lines += ["", style.bold(heading)]
        for line in found:
            first, *more = wrap(line, width - 2 if width else 0)
            lines += [f"  {first}", *(f"    {rest}" for rest in more)]
    lines += ["", f"Requests: {number(plan.requests_used)} used."]
    if plan.changes:
        lines += wrap(_NEXT, width)
    return log("\n".join(lines)) + "\n"


_NEXT: Final = (
    "Next: reconciler plan shows what would bring live state back; or change the configuration "
    "to what is live, with reconciler import --into FILE."
)


def sections(plan: Plan) -> list[tuple[str, list[str]]]:
    """Headings with their lines of visible text, those with none left out."""
    purges = [change for change in plan.changes if change.verb == "purge"]
    undeclared = [change for change in plan.changes if _undeclared(change)]
    declared = [one for one in plan.changes if one not in {*undeclared, *purges}]
    retired = [change for change in declared if is_removal(change)]
    updates = [one for one in declared if isinstance(one, Update) and not one.trashes]
    trashed = [change for change in updates if change.restores]
    back = [change for change in updates if change.reason is Reason.RENAMED_BACK]
    taking_over = {Reason.RENAMED_FROM, Reason.MERGED_FROM}
    renames = [change for change in updates if change.reason in taking_over]
    edited = [one for one in updates if one not in {*renames, *trashed, *back}]
    merges = [change for change in declared if isinstance(change, Merge)]
    missing = [change for change in declared if isinstance(change, Create)]
    gone = [change for change in missing if change.since is News.GONE]
    missing = [change for change in missing if change not in gone]
    since = "" if plan.since is None else f" since {moment(plan.since.created_at)}"
    found = [
        ("Accounts that could not be read:", _unread(plan)),
        (f"Renamed{since}, not asked for by the configuration:", [*map(_renamed_away, back)]),
        (f"Deleted{since}, though declared:", _missing(gone)),
        ("Another tag has the declared name:", _warned(plan, PlanCode.ANOTHER_SINCE)),
        ("Changed in live state, not asked for by the configuration:", [*map(_edited, edited)]),
        ("Places that lack declared tags:", _missing(missing)),
        ("Declared renames that are not made yet:", [*map(_renamed, renames)]),
        ("Declared, and in the trash:", [*map(_renamed, trashed)]),
        ("A former name is back, or not merged yet:", [*map(_former, merges)]),
        ("Live, though declared absent:", [*map(_there, retired)]),
        ("Live and not declared, where undeclared tags must go:", [*map(_there, undeclared)]),
        ("In the trash, and their time is over:", [*map(_there, purges)]),
        ("Exceptions past their date, still in force:", _warned(plan, Code.EXCEPTION_OVER)),
        (f"New or renamed{since}, and not declared:", _news(plan)),
        ("Live and not declared, kept:", _kept(_not_news(plan))),
        ("Not in the snapshot, so all of them is listed:", _lacking(plan)),
    ]
    return [(heading, lines) for heading, lines in found if lines]


def _undeclared(change: Change) -> bool:
    """Whether it is planned because nobody declared its tag."""
    trash = change.reason is Reason.TRASH and change.source is None
    return trash or change.reason is Reason.UNMANAGED


def _warned(plan: Plan, code: str) -> list[str]:
    """What the plan warns of by this code, with its place in the files."""
    return [
        f"{terminal(warning.message)} ({terminal(str(warning.source))})"
        for warning in plan.warnings
        if warning.code == code
    ]


def headline(plan: Plan) -> str:
    """How much has drifted, in one sentence."""
    summary = plan.summary
    if plan.since is not None:
        return _headline_since(plan, plan.since)
    if not plan.changes:
        rest = f"{number(summary.unchanged)} as declared, {number(summary.unmanaged)} unmanaged"
        headline = wording.no_changes(plan).replace("No changes", "No drift").rstrip(".")
        return f"{headline}: {rest}."
    places = {change.place for change in plan.changes}
    return (
        f"Drift: {count(len(plan.changes), 'difference')} in {count(len(places), 'place')}; "
        f"{number(summary.unchanged)} as declared."
    )


def _headline_since(plan: Plan, since: Evidence) -> str:
    at = moment(since.created_at)
    places = {change.place for change in plan.changes}
    found = f"{count(len(plan.changes), 'difference')} in {count(len(places), 'place')}"
    others = len(_warned(plan, PlanCode.ANOTHER_SINCE))
    if others:
        found += f", {wording.on_other_tags(others)}"
    older = f"{count(since.older, 'older difference')} not listed" if since.older else ""
    rest = "; ".join(filter(None, [older, f"{number(plan.summary.unchanged)} as declared"]))
    if is_news(plan):
        return f"Drift since {at}: {found}; {rest}."
    partial = " in the accounts that could be read" if plan.unread else ""
    return f"No drift since {at}{partial}: {rest}."


def _unread(plan: Plan) -> list[str]:
    return [
        " ".join(filter(None, [f"{label(one.account)}: {terminal(one.message)}.", one.hint]))
        for one in plan.unread
    ]


def _edited(change: Update) -> str:
    differences = []
    for field in change.fields:
        live, declared = getattr(change.before, field), getattr(change.after, field)
        differences.append(f"{field} is {_shown(live)}, declared {_shown(declared)}")
    return f"{_named(change)}: {', '.join(differences)}{_declared_at(change)}"


def _renamed(change: Update) -> str:
    return f"{_named(change)}: still called {label(change.before.name)}{_declared_at(change)}"


def _former(change: Merge) -> str:
    had = "" if change.loss is None else f": on {wording.interactions(change.loss)}"
    if change.renames:
        had = ""
    return (
        f"{wording.title(change.place)} · {label(wording.merged_name(change))}, merged into "
        f"{wording.given_name(change)}{had}{_declared_at(change)}"
    )


def _missing(changes: Sequence[Change]) -> list[str]:
    lines = []
    for group in groups.by_place(changes):
        names = ", ".join(label(row.change.name) for row in group.rows)
        lines.append(f"{group.title}: {names}")
    return lines


def _there(change: Change) -> str:
    detail = wording.detail(change)
    if is_removal(change):
        note = terminal(change.note) if change.note else ""
        detail = "; ".join(filter(None, [wording.had_by(change), note]))
    return f"{_named(change)}{f': {detail}' if detail else ''}{_declared_at(change)}"


def _renamed_away(change: Update) -> str:
    used = wording.usage(change)
    return (
        f"{_named(change)}: called {label(change.before.name)} now{f', {used}' if used else ''}"
        f"{_declared_at(change)}"
    )


def _news(plan: Plan) -> list[str]:
    return [
        f"{wording.title(one.place)} · {label(one.tag.name)}: {wording.HAPPENED[one.since]}"
        for one in plan.unmanaged_tags
        if one.since in CONCERNS_UNDECLARED
    ]


def _not_news(plan: Plan) -> list[UnmanagedTag]:
    return [one for one in plan.unmanaged_tags if one.since not in CONCERNS_UNDECLARED]


def _lacking(plan: Plan) -> list[str]:
    return [] if plan.since is None else [label(handle) for handle in plan.since.lacking]


def _kept(tags: Iterable[UnmanagedTag]) -> list[str]:
    """A line for each place."""
    names: dict[Place, list[str]] = {}
    for entry in tags:
        names.setdefault(entry.place, []).append(label(entry.tag.name))
    return [f"{wording.title(place)} · {', '.join(found)}" for place, found in names.items()]


def _named(change: Change) -> str:
    return f"{wording.title(change.place)} · {label(change.name)}"


def _declared_at(change: Change) -> str:
    if change.source is None:
        return ""
    return f" ({terminal(change.source.file)}:{change.source.line})"


def _shown(value: object) -> str:
    return "none" if value is None else terminal(str(value))
