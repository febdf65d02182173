"""Why a tag is planned as it is, and what a code means, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.state import State
from reconciler.render import wording
from reconciler.render.escape import label, log, terminal
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.plural import count, listed, listed_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.explanation import DeclaredBlock, Explanation, Spot
    from reconciler.model.problem import Source

MOST_NAMED: Final = 10
"""Companies that one line names; the others are counted, and JSON holds all."""


def explanation(found: Explanation, *, style: Style = PLAIN, width: int = 0) -> str:
    """``found`` as text that ends in a newline; ``width`` is the terminal's columns (0: any)."""
    lines = [style.bold(label(found.name))]
    if not found.blocks:
        near = listed([f'"{label(one)}"' for one in found.nearest], last="and")
        lines += _wrapped(f"Nothing declares it{f'; like it: {near}' if near else ''}.", width)
    for block in found.blocks:
        lines += _wrapped(f"Declared at {_at(block.declaration.source)}: {_asked(block)}", width)
        lines += _wrapped(_where(block), width, indent=2)
    for rule in found.rules:
        lines += _wrapped(f"Rule of {label(rule.account)}: {terminal(rule.text)}", width)
    for spots in _alike(found.spots):
        title = [style.bold(line) for line in _wrapped(_title(spots), width)]
        lines += ["", *title, *_spot(spots, width)]
    if found.elsewhere:
        lines += ["", "Elsewhere nothing declares it, and none is live:"]
    for spots in _alike(found.elsewhere):
        lines += _wrapped(f"{_title(spots)}: {_why(spots[0])}", width, indent=2)
    if found.uncounted:
        those = count(found.uncounted, "live tag")
        lines += ["", *_wrapped(f"Not counted: what has these {those}; give --company.", width)]
    return log("\n".join(lines)) + "\n"


def code(code: str, means: str, example: str, do: str, *, mutable: bool, width: int = 0) -> str:
    """What a code means, as text that ends in a newline."""
    rows = [("Example", example), ("To do", do)]
    if mutable:
        rows.append(("To mute", f"warnings: {{ignore: {{{code}: the reason}}}}"))
    lines = _wrapped(f"{code}: {means}", width)
    for title, text in rows:
        first, *more = wrap(text, width - 9 if width else 0)
        lines += [f"{title:<9}{first}", *(f"{'':9}{one}" for one in more)]
    return log("\n".join(lines)) + "\n"


def _wrapped(text: str, width: int, *, indent: int = 0) -> list[str]:
    first, *more = wrap(text, width - indent - 2 if width else 0)
    return [" " * indent + first, *(" " * (indent + 2) + one for one in more)]


def _asked(block: DeclaredBlock) -> str:
    """``Opportunity, blue1, enabled; renamed from Oppty``, and the note."""
    one = block.declaration
    values = [label(one.name), terminal(one.color) if one.color else "any colour"]
    values.append("enabled or disabled" if one.state is State.ANY else one.state.value)
    former = [
        f"{phrase} {listed_in_order([label(name) for name in names])}"
        for phrase, names in (
            ("renamed from", one.renamed_from),
            ("merged from", one.merged_from),
            ("merged from companies' own", block.promoted),
        )
        if names
    ]
    return "; ".join([", ".join(values), *former, *([terminal(one.note)] if one.note else [])])


def _where(block: DeclaredBlock) -> str:
    accounts = ", ".join(map(label, block.accounts))
    if block.companies is None:
        return f"in {accounts}, on account level"
    by = f" by scope {label(block.scope)} ({_at(block.place)})" if block.scope else ""
    which = ", ".join(f'"{label(one)}"' for one in block.companies) or "all companies"
    but = ", ".join(f'"{label(one)}"' for one in block.excepted)
    return f"in {accounts}{by}: {which}{f', except {but}' if but else ''}"


def _alike(spots: Iterable[Spot]) -> list[list[Spot]]:
    """``spots`` of which the same can be said, together."""
    groups: dict[object, list[Spot]] = {}
    for spot in spots:
        place = spot.place
        key = (place.account, place.company is None, *_lines_of(spot))
        groups.setdefault(key, []).append(spot)
    return list(groups.values())


def _title(spots: Sequence[Spot]) -> str:
    first, *more = [spot.place for spot in spots]
    named = [label(one.company.known_as) for one in more[: MOST_NAMED - 1] if one.company]
    rest = len(more) - len(named)
    return ", ".join([wording.title(first), *named]) + (f" and {rest:,} more" if rest else "")


def _why(spot: Spot) -> str:
    why = terminal(spot.why)
    return why if spot.source is None else f"{why}, {_at(spot.source)}"


def _at(source: Source) -> str:
    return terminal(str(source))


def _lines_of(spot: Spot) -> tuple[str, ...]:
    """The lines of a place, each after its title."""
    lines = [f"why    {_why(spot)}"]
    for tag, loss in spot.live:
        used = wording.had(loss)
        shown = wording.values(tag.tag)
        lines.append(f"live   {'; '.join(filter(None, [f'{label(tag.name)}, {shown}', used]))}")
    for change in spot.changes:
        detail = wording.detail(change)
        lines.append(
            f"plan   {change.verb} {wording.named(change)}{f': {detail}' if detail else ''}"
        )
        lines += [f"       blocked: {terminal(why)}" for why in change.objections]
    if not spot.changes:
        lines.append(f"plan   nothing: {terminal(spot.nothing)}")
    return tuple(lines)


def _spot(spots: Sequence[Spot], width: int) -> list[str]:
    lines: list[str] = []
    for line in _lines_of(spots[0]):
        first, *more = wrap(line[7:], width - 9 if width else 0)
        lines += [f"  {line[:7]}{first}", *(f"{'':9}{one}" for one in more)]
    return lines
