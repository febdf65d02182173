"""A configuration file's text, and the marks that point into it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from reconciler.config.values import LENGTH_BITS, unpack
from reconciler.model.problem import Mark, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LINE_END = re.compile(r"\r\n|\n|\r")
_LONGEST_SHOWN = 2_000
"""A longer line (minified JSON is YAML too) tells a reader nothing; only its place is given."""


class Text:
    """The characters of one file. Indexes count characters from 0, without a byte order mark."""

    __slots__ = ("_starts", "content", "file")

    def __init__(self, file: str, content: str) -> None:
        self.file = file
        self.content = content
        self._starts: Sequence[int] | None = None

    def source(self, packed: int) -> Source:
        """Line and column of a span's start."""
        # Written out, for every declaration has one.
        starts = self._starts or self._line_starts()
        index = packed >> LENGTH_BITS
        line = bisect_right(starts, index)
        return Source(self.file, line, index - starts[line - 1] + 1)

    def mark(self, packed: int, label: str = "") -> Mark:
        """The span, cut at the end of its first line."""
        index, length = unpack(packed)
        line, start = self._line(index)
        source = Source(self.file, line, index - start + 1)
        starts = self._line_starts()
        end = starts[line] if line < len(starts) else len(self.content)
        if end - start > _LONGEST_SHOWN:
            return Mark(source, "", length or 1, label)
        shown = self.content[start:end].rstrip("\r\n")
        rest = len(shown.rstrip()) - (index - start)
        return Mark(source, shown, max(1, min(length or rest, rest)), label)

    def index(self, source: Source) -> int | None:
        """Where a line and column are; None when the text does not reach so far."""
        starts = self._line_starts()
        if not 1 <= source.line <= len(starts):
            return None
        index = starts[source.line - 1] + source.column - 1
        return index if self.content and self._line(index)[0] == source.line else None

    def _line_starts(self) -> Sequence[int]:
        if self._starts is None:
            self._starts = array("I", _line_starts(self.content))
        return self._starts

    def _line(self, index: int) -> tuple[int, int]:
        """The number of the line that holds ``index``, and the index at which it starts."""
        starts = self._line_starts()
        line = bisect_right(starts, index)
        return line, starts[line - 1]


def _line_starts(content: str) -> Iterable[int]:
    if "\r" not in content:
        # Five times as fast as the expression, and nearly every file is of this kind.
        lengths = map(len, content.split("\n")[:-1])
        return accumulate(lengths, lambda start, length: start + length + 1, initial=0)
    return (0, *(found.end() for found in _LINE_END.finditer(content)))
