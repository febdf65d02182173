"""Errors and warnings with the line they are about and a caret under what is wrong.

::

    error[CFG012]: unknown key "colour"
      --> tags.yaml:7:5
       |
     7 |     colour: blue1
       |     ^^^^^^ not a key of a tag
       |
       = help: write "color"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.problem import Mark, Problem, Severity
from reconciler.render.escape import log, pieces, terminal
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.cells import cells
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Sequence

TAB: Final = 4
"""Columns a tab stop is shown as."""

LEAST_WINDOW: Final = 40
LEAST_ROOM: Final = 20


def problems(
    found: Sequence[Problem], *, style: Style = PLAIN, width: int = 100, wrap_at: int = 0
) -> str:
    """All of ``found``, in order, and a line that counts them; ends in a newline.

    A line of a file that is wider than ``width`` columns is shown around its caret. Sentences
    are broken at ``wrap_at`` columns, those of the terminal; 0: they stay whole, for logs.
    """
    blocks = [problem(one, style=style, width=width, wrap_at=wrap_at) for one in found]
    return "\n".join([*blocks, log(tally(found))]) + "\n"


def problem(found: Problem, *, style: Style = PLAIN, width: int = 100, wrap_at: int = 0) -> str:
    """One problem as a block of lines; ends in a newline."""
    width = min(width, wrap_at or width)
    paint = style.delete if found.severity is Severity.ERROR else style.update
    kind = f"{found.severity.value}[{terminal(found.code)}]"
    first, *more = _sentence(kind, found.message, wrap_at)
    lines = [f"{paint(kind)}: {style.bold(first)}", *map(style.bold, more)]
    gutter = max((len(str(mark.source.line)) for mark in found.marks), default=1)
    for at, mark in enumerate(found.marks):
        lines += _mark(mark, first=at == 0, gutter=gutter, style=style, width=width)
    if found.hint:
        head = f"{' ' * gutter} = " if found.marks else ""
        first, *more = _sentence(f"{head}help", found.hint, wrap_at)
        painted = f"{' ' * gutter} {style.note('=')} " if found.marks else ""
        lines += [f"{painted}{style.note('help')}: {first}", *more]
    return log("\n".join(lines)) + "\n"


def _sentence(head: str, text: str, width: int) -> list[str]:
    """The lines of ``text`` after ``head`` and a colon, all but the first indented below it."""
    indent = cells(head) + len(": ")
    # Too narrow for a hanging indent: a short line a word is worse than the terminal's own break.
    room = 0 if width - indent < LEAST_ROOM else width - indent
    lines = [part for line in text.splitlines() or [""] for part in wrap(terminal(line), room)]
    return [lines[0], *(f"{' ' * indent}{line}" for line in lines[1:])]


def tally(found: Sequence[Problem]) -> str:
    """``2 errors, 1 warning``."""
    errors = sum(problem.severity is Severity.ERROR for problem in found)
    warnings = len(found) - errors
    counts = [count(errors, "error")] if errors else []
    counts += [count(warnings, "warning")] if warnings else []
    return ", ".join(counts) or "no problems"


def _mark(mark: Mark, *, first: bool, gutter: int, style: Style, width: int) -> list[str]:
    arrow, bar, edge = (style.note("-->"), style.note("|"), " " * gutter)
    place = f"{edge} {arrow} {terminal(mark.source.file)}:{mark.source.line}:{mark.source.column}"
    if not mark.text:
        return [f"{place} {terminal(mark.label)}".rstrip()]
    shown, start, length = _window(mark, width=max(width - gutter - 3, LEAST_WINDOW))
    caret = ("^" if first else "-") * length
    paint = style.delete if first else style.note
    under = f"{' ' * start}{paint(f'{caret} {terminal(mark.label)}'.rstrip())}"
    number = style.note(f"{mark.source.line:>{gutter}}")
    return [
        place,
        f"{edge} {bar}",
        f"{number} {bar} {shown}",
        f"{edge} {bar} {under}",
    ]


def _window(mark: Mark, *, width: int) -> tuple[str, int, int]:
    """The line as it is shown, and where in it, in columns, the caret starts and how long it is."""
    text = mark.text.rstrip("\r\n")
    at = min(max(mark.source.column - 1, 0), len(text))
    # A file may be one line of megabytes: what can't be in the window isn't even looked at.
    skipped = max(at - 4 * width, 0)
    columns = _drawn(text[skipped : at + 4 * width])
    at -= skipped
    end = min(at + max(mark.length, 1), len(columns))
    low, high = _cut(columns, at, width)
    prefix = "…" if low or skipped else ""
    suffix = "…" if high < len(columns) or skipped + high < len(text) else ""
    before, marked = "".join(columns[low:at]), "".join(columns[at : min(end, high)])
    shown = f"{prefix}{before}{marked}{''.join(columns[min(end, high) : high])}{suffix}"
    return shown, cells(prefix + before), max(cells(marked), 1)


def _drawn(line: str) -> list[str]:
    """What each character of a line of a file is shown as; tabs run to the next stop."""
    out: list[str] = []
    column = 0
    for character, piece in zip(line, pieces(line), strict=True):
        drawn = " " * (TAB - column % TAB) if character == "\t" else piece
        column += cells(drawn)
        out.append(drawn)
    return out


def _cut(columns: list[str], at: int, width: int) -> tuple[int, int]:
    """The stretch of ``columns`` around ``at`` that fits into ``width``; all of it if it does."""
    if sum(map(cells, columns)) <= width:
        return 0, len(columns)
    room = width - 2
    low = at
    used = 0
    while low > 0 and used + cells(columns[low - 1]) <= room // 2:
        low -= 1
        used += cells(columns[low])
    high = at
    while high < len(columns) and used + cells(columns[high]) <= room:
        used += cells(columns[high])
        high += 1
    return low, high
