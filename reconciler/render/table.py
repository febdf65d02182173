"""Rows of a listing as columns for a terminal, and as CSV for a spreadsheet."""

from __future__ import annotations

import json
from csv import writer
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from reconciler.render import escape
from reconciler.render.layout import pad
from reconciler.render.style import PLAIN, Style
from reconciler.text.cells import cells

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

GAP: Final = "  "
NARROWEST: Final = 6
"""Columns are cut to fit a terminal, but not below this."""


def text(
    rows: Sequence[Row], *, columns: Sequence[str] = (), style: Style = PLAIN, width: int = 0
) -> str:
    """``rows`` under a line of titles; ends in a newline.

    ``columns``: what to show, in order; left out: every key, in the order in which they first come.
    ``width``: the terminal's columns; the widest cells are cut with ``…`` to fit, ids never: they
    are there to be copied. 0: no cell is cut.
    """
    names = columns or _keys(rows)
    table = [[_shown(row.get(name)) for name in names] for row in rows]
    titles = [escape.terminal(name) for name in names]
    whole = {number for number, name in enumerate(names) if name == "id" or name.endswith("_id")}
    widths = _widths([titles, *table], width, whole)
    lines = [style.bold(_line(titles, widths))]
    lines += [_line(row, widths) for row in table]
    return escape.log("\n".join(lines)) + "\n"


def csv(rows: Sequence[Row], *, columns: Sequence[str] = ()) -> str:
    """``rows`` as CSV (RFC 4180, but with plain newlines) with a line of titles."""
    names = columns or _keys(rows)
    out = StringIO()
    write = writer(out, lineterminator="\n")
    write.writerow(map(escape.cell, names))
    write.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return escape.log(out.getvalue())


def _keys(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _flat(value: object) -> object:
    """A value that fits into a cell: what is nested becomes JSON."""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _cell(value: object) -> object:
    value = _flat(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape.cell(value) if isinstance(value, str) else value


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        # A tracker's company: people know it by its name, CSV and JSON hold the rest.
        return escape.terminal(value["name"])
    return escape.terminal(str(_flat(value)))


def _widths(table: Sequence[Sequence[str]], width: int, whole: Container[int]) -> list[int]:
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    shorter = [number for number in range(len(widths)) if number not in whole]
    while width and shorter and sum(widths) + len(GAP) * (len(widths) - 1) > width:
        widest = max(shorter, key=widths.__getitem__)
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    fitted = [pad(_cut(cell, width), width) for cell, width in zip(row, widths, strict=True)]
    return GAP.join(fitted).rstrip()


def _cut(cell: str, width: int) -> str:
    if cells(cell) <= width:
        return cell
    kept = ""
    for character in cell:
        if cells(kept + character) >= width:
            break
        kept += character
    return f"{kept}…"
