"""An audit as one page: what deviates, then every company and every name, to filter and to sort.

The page is whole without its script, which only hides and orders what is there. A matrix may have
50,000 cells: each is a class of one or two letters and one character.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.audit import Cell, CellState
from reconciler.model.palette import PALETTE
from reconciler.render import audit_wording, escape
from reconciler.render.templating import page as filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.audit import AccountAudit, Audit, NameAudit

MOST_CELLS: Final = 100_000
"""Of one account's matrix; a browser lays out more only slowly. JSON and CSV have all."""
_SIGNS: Final = {
    CellState.MISSING: "−",
    CellState.SPELT_OTHERWISE: "≈",
    CellState.OTHER_COLOR: "◐",
    CellState.DISABLED: "○",
    CellState.ENABLED: "●",
    CellState.TWICE: "2",
    CellState.STILL_LIVE: "✕",
    CellState.OTHER_LEVEL: "↕",
    CellState.EXTRA: "+",
    CellState.EXCEPTED: "◇",
    CellState.RETIRED: "·",
    CellState.AS_DECLARED: "✓",
    CellState.AS_MOST: "✓",
}
WORDS: Final = {
    CellState.MISSING: "missing",
    CellState.SPELT_OTHERWISE: "spelt otherwise",
    CellState.OTHER_COLOR: "another colour",
    CellState.DISABLED: "disabled",
    CellState.ENABLED: "enabled, though declared disabled",
    CellState.TWICE: "there twice",
    CellState.STILL_LIVE: "declared absent, still live",
    CellState.OTHER_LEVEL: "on another level too",
    CellState.EXTRA: "extra",
    CellState.EXCEPTED: "excepted",
    CellState.RETIRED: "disabled and out of use",
    CellState.AS_DECLARED: "as declared",
    CellState.AS_MOST: "as most have it",
}
_COLORS: Final = {color: f"c{at}" for at, color in enumerate(PALETTE)}


def page(audit: Audit) -> str:
    """``audit`` as a whole HTML document."""
    script = filled("audit.js.j2")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    heads = [audit_wording.verdict(one) for one in audit.accounts]
    return filled(
        "audit.html.j2",
        title=f"Audit: {heads[0]}" if len(heads) == 1 else "Audit",
        audit=audit,
        accounts=[_account(one, audit) for one in audit.accounts],
        audit_wording=audit_wording,
        legend=_legend(audit),
        colors=[(code, PALETTE[color]) for color, code in _COLORS.items()],
        script=script,
        script_digest=digest,
    )


def _legend(audit: Audit) -> list[tuple[str, str]]:
    """What each sign means that is on the page."""
    used = {
        cell.states[0]
        for one in audit.accounts
        for name in one.names
        for cell in name.cells.values()
    }
    return [(sign, WORDS[state]) for state, sign in _SIGNS.items() if state in used]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """One account's part: ``names`` get a row each with their facts, ``matrix`` has the rest."""

    one: AccountAudit
    tiles: Sequence[tuple[str, int, str]]
    names: Sequence[tuple[NameAudit, Sequence[str]]]
    sections: Sequence[tuple[str, Sequence[str]]]
    blocks: Sequence[str]
    matrix: AuditMatrix


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditMatrix:
    """A column for each of ``names``, and rows that are markup; ``left``: places without a row."""

    names: Sequence[str]
    rows: Sequence[str]
    left: int


def _account(one: AccountAudit, audit: Audit) -> AccountPage:
    names = audit.listed(one, only_deviating=False)
    deviating = [name for name in names if name.deviates and not name.is_extra]
    return AccountPage(
        one=one,
        tiles=_tiles(one),
        names=[(name, audit_wording.facts(name, one)) for name in deviating],
        sections=audit_wording.sections(one),
        blocks=audit_wording.blocks(one, audit),
        matrix=_matrix(one, names),
    )


def _tiles(one: AccountAudit) -> list[tuple[str, int, str]]:
    differing = "not as declared" if one.declared else "not the same everywhere"
    extra = "not declared" if one.declared else "in few companies only"
    return [
        ("active companies", len(one.companies), ""),
        ("live tags", one.tags, ""),
        (differing, len(one.deviating), "delete"),
        (extra, len(one.extra), "update"),
        ("as declared" if one.declared else "the same everywhere", len(one.same), "create"),
    ]


def _matrix(one: AccountAudit, names: Sequence[NameAudit]) -> AuditMatrix:
    columns = names[:MOST_CELLS]
    account = [None] * any(None in name.cells for name in columns)
    places = [*account, *one.shown]
    most = max(MOST_CELLS // max(len(columns), 1), 1)
    rows = []
    for place in places[:most]:
        key = None if place is None else place.id
        cells = "".join(_cell(name, name.cells.get(key)) for name in columns)
        rows.append(
            f'<tr><th scope="row"><bdi>{escape.html(audit_wording.place(place))}</bdi></th>{cells}'
        )
    return AuditMatrix(
        names=[name.name for name in columns],
        rows=[f"{row}</tr>" for row in rows],
        left=max(len(places) - most, 0),
    )


def _cell(name: NameAudit, cell: Cell | None) -> str:
    """A cell's markup: its colour's class, the sign of its gravest state, and what deviates."""
    if cell is None:
        return "<td></td>"
    sign = _SIGNS[cell.states[0]]
    color = _COLORS.get(cell.tags[0].tag.color or "") if cell.tags else None
    if not cell.deviates:
        return f'<td class="{color}">{sign}</td>' if color else f"<td>{sign}</td>"
    words = "; ".join(_words(name, cell))
    return f'<td class="{f"{color} " if color else ""}d" title="{escape.html(words)}">{sign}</td>'


def _words(name: NameAudit, cell: Cell) -> Iterator[str]:
    """What is to be reported of a cell that deviates."""
    for state in cell.states:
        yield WORDS[state]
    for usage in cell.tags:
        if usage.tag.name != name.name:
            yield usage.tag.name
        yield usage.tag.color or "no colour"
