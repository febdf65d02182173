"""Columns, in the cells of a terminal: how wide text is, how to pad it and where to break it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final


def cells(text: str) -> int:
    """The columns that visible text takes: two for East Asian wide characters and emoji.

    The sequences of :mod:`reconciler.render.style` take none.
    """
    if "\x1b" in text:
        text = _SGR.sub("", text)
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def pad(text: str, width: int) -> str:
    """``text`` with spaces after it up to ``width`` columns; longer text stays whole."""
    return text + " " * (width - cells(text))


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


_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
