"""Columns of a terminal: how to pad text to them and where to break it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.text.cells import cells

if TYPE_CHECKING:
    from collections.abc import Iterable


def pad(text: str, width: int) -> str:
    """``text`` with spaces after it up to ``width`` columns; longer text stays whole."""
    return text + " " * (width - cells(text))


def column(texts: Iterable[str]) -> int:
    """How wide a column of ``texts`` is; those over NAME_COLUMN reach beyond it by themselves."""
    widths = [cells(text) for text in texts]
    return max((one for one in widths if one <= NAME_COLUMN), default=0)


NAME_COLUMN: Final = 40
"""Longer names don't push everyone's details to the right."""


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns, broken at spaces; a longer word stays whole.

    So does what stands in backquotes, which is there to be copied, where it fits on a line.
    ``width`` below 1: one line.
    """
    if width < 1 or cells(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for word in _words(text, width):
        longer = f"{line} {word}" if line else word
        if line and cells(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _words(text: str, width: int) -> list[str]:
    words: list[str] = []
    quoted: list[str] = []
    for word in text.split(" "):
        quoted.append(word)
        # A quote ends with the word that holds its second backquote; most words begin none.
        if (len(quoted) > 1) == (word.count("`") % 2 == 0):
            continue
        whole = " ".join(quoted)
        words += [whole] if cells(whole) <= width else quoted
        quoted = []
    return words + quoted
